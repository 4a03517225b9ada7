package bench;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.route.builder.RouteLocatorBuilder;
import org.springframework.context.annotation.Bean;

/** Takes the prefix off, as the other proxies of the benchmark do. Arguments: the ports of both origins. */
@SpringBootApplication
public class SpringProxy {
    public static void main(String[] args) {
        SpringApplication.run(SpringProxy.class, args);
    }

    @Bean
    RouteLocator routes(RouteLocatorBuilder routes) {
        return routes.routes()
                .route("web", r -> r.path("/web/runtime/**").filters(f -> f.stripPrefix(2)).uri(origin("web")))
                .route("sink", r -> r.path("/sink/runtime/**").filters(f -> f.stripPrefix(2)).uri(origin("sink")))
                .build();
    }

    private static String origin(String name) {
        return "http://127.0.0.1:" + System.getProperty(name);
    }
}

package dev.reveille.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.reveille.session.GatewayFailure;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class AdmissionTest {
    @Test
    void ofWhatIsUnexpectedTheLogSaysWhat() {
        Logger logger = (Logger) LoggerFactory.getLogger(Admission.class);
        ListAppender<ILoggingEvent> heard = new ListAppender<>();
        heard.start();
        logger.addAppender(heard);

        GatewayFailure said = Admission.said(new IllegalStateException("a defect"));

        logger.detachAppender(heard);
        assertThat(said.code()).isEqualTo("internal");
        assertThat(said.detail()).contains("the log of the gateway says what");
        assertThat(heard.list).singleElement().satisfies(entry -> {
            assertThat(entry.getLevel()).isEqualTo(Level.ERROR);
            assertThat(entry.getThrowableProxy().getMessage()).isEqualTo("a defect");
        });
    }
}

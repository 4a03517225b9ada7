package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TemplateTest {
    private static final Template TEMPLATE =
            Template.ofText("<p title=\"{{a}}\">{{a}}</p>{{#b}}<b>{{b}}</b>{{/b}}{{#c}}<i>{{a}}</i>{{/c}}");

    @Test
    void namesBecomeValuesAndPartsWithoutOneGo() {
        assertThat(TEMPLATE.filled(Map.of("a", "1", "b", "2", "c", ""))).isEqualTo("<p title=\"1\">1</p><b>2</b>");
        assertThat(TEMPLATE.filled(Map.of("a", "", "b", "", "c", "yes"))).isEqualTo("<p title=\"\"></p><i></i>");
    }

    @Test
    void valuesAreTextWhateverIsInThem() {
        String hostile = "\"'><script>&amp;{{b}}{{#c}}x{{/c}}$1\\0";

        assertThat(TEMPLATE.filled(Map.of("a", hostile, "b", "", "c", "")))
                .isEqualTo("<p title=\"@\">@</p>"
                        .replace("@", "&quot;&#39;&gt;&lt;script&gt;&amp;amp;{{b}}{{#c}}x{{/c}}$1\\0"));
    }

    @Property(tries = 300)
    void noValueBringsMarkup(@ForAll String value) {
        String filled = Template.ofText("{{a}}").filled(Map.of("a", value));

        assertThat(filled).doesNotContain("<", ">", "\"", "'");
        assertThat(filled.replace("&lt;", "<")
                        .replace("&gt;", ">")
                        .replace("&quot;", "\"")
                        .replace("&#39;", "'")
                        .replace("&amp;", "&"))
                .isEqualTo(value);
    }

    @Test
    void aNameWithoutAValueIsADefect() {
        assertThatThrownBy(() -> TEMPLATE.filled(Map.of("b", "", "c", "")))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("a");
    }
}

package dev.reveille.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Browser;

/** What can be measured of how a page looks. */
final class Looks {
    /** Of each text that is seen, the contrast with what is behind it (WCAG 2.2, 1.4.3); those that have too little. */
    static final String FAINT_TEXTS = """
            (() => {
              const parse = (text) => {
                const [r, g, b, a = 1] = text.match(/[0-9.]+/g).map(Number);
                return { r, g, b, a };
              };
              const over = (top, below) => ({
                r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a),
                b: top.b * top.a + below.b * (1 - top.a), a: 1,
              });
              const light = ({ r, g, b }) => {
                const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * x + 0.7152 * y + 0.0722 * z;
              };
              const ground = (element) => element === null ? parse(getComputedStyle(document.documentElement).backgroundColor)
                : over(parse(getComputedStyle(element).backgroundColor), ground(element.parentElement));
              const faint = [];
              const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              while (texts.nextNode()) {
                const element = texts.currentNode.parentElement;
                const box = element.getBoundingClientRect();
                if (!texts.currentNode.data.trim() || box.width < 2 || box.height < 2
                    || !element.checkVisibility({ visibilityProperty: true })) {
                  continue;
                }
                const style = getComputedStyle(element);
                const below = ground(element);
                const ink = over(parse(element instanceof SVGElement ? style.fill : style.color), below);
                const [a, b] = [light(ink), light(below)].sort((x, y) => y - x);
                const ratio = (a + 0.05) / (b + 0.05);
                if (ratio < 4.5) {
                  faint.push(ratio.toFixed(2) + ' ' + texts.currentNode.data.trim());
                }
              }
              return faint.join('; ');
            })()""";

    /** What can be touched and is too small for that, but for links in a text. */
    static final String SMALL_TARGETS = """
            [...document.querySelectorAll('button, a, select, input:not([type=checkbox]), summary, .row')]
              .filter((each) => each.checkVisibility() && !each.closest('.skip'))
              .filter((each) => each.getBoundingClientRect().height < 43.9)
              .map((each) => each.outerHTML.slice(0, 80)).join('; ')""";

    static void isWellMade(Browser.Tab tab, int width) {
        assertThat(tab.says("document.documentElement.scrollWidth <= innerWidth"))
                .isEqualTo("true");
        assertThat(
                        tab.says(
                                "[...document.querySelectorAll('.pane, .sessions')].every(p => p.scrollWidth <= p.clientWidth)"))
                .isEqualTo("true");
        assertThat(tab.says(FAINT_TEXTS)).isEmpty();
        if (width < 500) {
            assertThat(tab.says(SMALL_TARGETS)).isEmpty();
        }
    }

    private Looks() {}
}

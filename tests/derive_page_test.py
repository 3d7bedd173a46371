#!/usr/bin/env python3
"""Uses derivations in HTML as their readers do, in Chromium: each control by mouse, keyboard and touch.

Usage: derive_page_test.py CATENARY FOLDER [unittest's own arguments]. Pages and screenshots are written to FOLDER.
"""

import pathlib
import sys
import unittest

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from support.derive_pages import PAGES, write_pages
from support.page_test import PageTest

FOLDER = pathlib.Path(sys.argv[2])


class Drawing(PageTest):
    def test_pointing_at_any_node_or_edge_shows_its_details(self):
        for name in ("expression", "network", "recurrent"):
            self.open(name)
            links = self.all(".graph a")
            self.assertGreater(len(links), 10)
            for link in links:
                self.point_at(link)
                self.assert_shows(link)
                detail = self.one(".detail.shown").text
                self.assertGreater(len(detail.splitlines()), 2, detail)

    def test_a_node_tells_value_shape_derivative_and_step(self):
        self.open("expression")
        node = self.one('.node[aria-label^="x,"]')
        self.point_at(node)
        detail = self.one(".detail.shown")
        terms = [e.text for e in detail.find_elements(By.TAG_NAME, "dt")]
        self.assertEqual(terms, ["Shape", "Value", "Derivative (adjoint)", "Derivative in numbers", "Made by"])
        self.assertEqual(len(detail.find_elements(By.CSS_SELECTOR, "table.matrix")), 2)
        links = detail.find_elements(By.CSS_SELECTOR, "a.go")
        self.assertEqual(len(links), 5)  # x is used four times; the fifth step adds up
        links[-1].click()
        self.assertTrue(self.in_view(self.one("#" + self.hash_of(links[-1]))))

    def in_view(self, element):
        return self.run_script(
            """const b = arguments[0].getBoundingClientRect();
               const e = document.getElementById('explorer');
               const top = getComputedStyle(e).position === 'sticky' ? e.getBoundingClientRect().bottom : 0;
               return b.top >= top - 1 && b.top < innerHeight;""",
            element,
        )

    def test_clicking_holds_details_until_escape(self):
        self.open("network")
        first, second = self.all(".graph .node")[4:6]
        self.point_at(first)
        ActionChains(self.browser).click().perform()
        self.point_at(second)
        self.assert_shows(second)
        ActionChains(self.browser).move_to_element(self.one("h1")).perform()
        self.assert_shows(first)
        self.press(Keys.ESCAPE)
        self.run_script("document.activeElement.blur()")
        self.assertEqual(self.shown(), [])
        self.assertTrue(self.one(".panel .empty").is_displayed())

    def test_arrow_keys_reach_every_node_and_edge_by_one_tab_stop(self):
        for name in ("expression", "network", "recurrent"):
            self.open(name)
            links = self.all(".graph a")
            self.assertEqual(len(self.all('.graph a[tabindex="0"]')), 1)
            self.run_script("arguments[0].focus()", self.one('.graph a[tabindex="0"]'))
            self.press(Keys.HOME)
            reached = []
            for _ in links:
                reached.append(self.shown()[0])
                self.press(Keys.ARROW_RIGHT)
            self.assertEqual(sorted(reached), sorted(self.hash_of(link) for link in links))
            self.press(Keys.ENTER)
            self.run_script("document.activeElement.blur()")
            self.assertEqual(self.shown(), [reached[-1]])
            for key, place in ((Keys.ARROW_LEFT, -2), (Keys.HOME, 0), (Keys.END, -1), (Keys.ARROW_UP, -2)):
                self.run_script("document.querySelector('.graph a[tabindex=\"0\"]').focus()")
                self.press(key)
                self.assertEqual(self.shown(), [reached[place]])

    def test_a_long_network_scrolls_to_what_has_the_focus(self):
        self.open("many-layers", width=1000)
        self.run_script("document.querySelector('.graph a[tabindex=\"0\"]').focus()")
        self.press(Keys.END)
        inside = """const b = document.activeElement.getBoundingClientRect();
                    const g = document.getElementById('graph').getBoundingClientRect();
                    return b.left >= g.left && b.right <= g.right"""
        self.assertTrue(self.run_script(inside))
        self.assertGreater(self.run_script("return document.getElementById('graph').scrollLeft"), 0)
        self.screenshot("many-layers")


class Steps(PageTest):
    def state(self):
        return self.run_script(
            """const of = (s) => [...document.querySelectorAll(s)].map((e) => e.dataset.step);
               return {slider: Number(document.getElementById('slider').value),
                       card: of('.step.current'), edge: of('.edge.current'),
                       title: document.getElementById('step-title').textContent,
                       done: document.querySelectorAll('.edge.done').length,
                       nodes: document.querySelectorAll('.node.target').length}"""
        )

    def test_the_slider_goes_through_every_step(self):
        for name in ("expression", "network", "chinese"):
            self.open(name)
            cards = self.all(".step")
            self.assertEqual(self.one("#slider").get_attribute("max"), str(len(cards)))
            for place, card in enumerate(cards, 1):
                self.slide_to(place)
                state = self.state()
                number = card.get_attribute("data-step")
                self.assertEqual(state["card"], [number])
                self.assertIn(state["edge"], ([number], []))  # a sum is of a node
                self.assertEqual(state["nodes"], 1, number)
                self.assertEqual(state["title"], card.get_attribute("data-title"))
                self.assertEqual(self.one("#slider").get_attribute("aria-valuetext"), state["title"])
                self.assertEqual(self.shown(), ["step-detail"])
                self.assertTrue(self.all("#step-detail math"), number)
            self.slide_to(0)
            self.assertEqual(self.state()["card"], [])
            self.assertEqual(self.state()["done"], 0)

    def test_buttons_and_arrow_keys_take_one_step(self):
        self.open("network")
        self.assertFalse(self.one("#previous").is_enabled())
        self.one("#next").click()
        self.one("#next").click()
        self.assertEqual(self.state()["slider"], 2)
        self.one("#previous").click()
        self.assertEqual(self.state()["slider"], 1)
        self.run_script("document.activeElement.blur()")
        self.press(Keys.ARROW_RIGHT)
        self.assertEqual(self.state()["slider"], 2)
        self.press(Keys.ARROW_LEFT)
        self.press(Keys.ARROW_LEFT)
        self.assertEqual(self.state()["slider"], 0)
        self.one("#slider").send_keys(Keys.ARROW_RIGHT)
        self.assertEqual(self.state()["card"], ["1"])
        self.one("#slider").send_keys(Keys.END)
        self.assertFalse(self.one("#next").is_enabled())

    def test_a_step_highlights_its_call_its_arrow_and_its_equation(self):
        self.open("network")
        self.slide_to(3)
        self.assertEqual(len(self.all(".node.call")), 1)
        self.assertEqual(len(self.all(".equation.current")), 1)
        self.assertEqual(self.state()["done"], 2)
        top = self.run_script("return document.querySelector('.step.current').getBoundingClientRect().top")
        explorer = self.run_script("return document.getElementById('explorer').getBoundingClientRect().bottom")
        self.assertGreaterEqual(top, explorer - 1)
        self.screenshot("network-step")

    def test_cards_open_and_close_one_by_one_and_together(self):
        self.open("network")
        cards = self.all(".step")
        self.assertTrue(all(card.get_attribute("open") for card in cards))
        self.one("#close-all").click()
        self.assertFalse(any(card.get_attribute("open") for card in cards))
        for card in cards:
            summary = card.find_element(By.TAG_NAME, "summary")
            self.run_script("arguments[0].focus()", summary)
            summary.send_keys(Keys.ENTER)
            self.assertTrue(card.get_attribute("open"))
        self.one("#close-all").click()
        self.one("#open-all").click()
        self.assertTrue(all(card.get_attribute("open") for card in cards))

    def test_a_link_opens_the_closed_card_that_it_leads_to(self):
        self.open("network")
        self.one("#close-all").click()
        links = self.all('article a[href^="#step-"]')
        self.assertGreater(len(links), 3)
        for link in links:
            target = self.one(self.run_script("return arguments[0].getAttribute('href')", link))
            self.run_script("arguments[0].focus()", link)
            link.send_keys(Keys.ENTER)
            self.assertTrue(target.get_attribute("open"))


class Controls(PageTest):
    def test_numbers_show_on_demand(self):
        self.open("expression")
        self.assertFalse(any(e.is_displayed() for e in self.all("article .numbers")))
        self.one("#numbers").click()
        self.assertTrue(all(e.is_displayed() for e in self.all("article .numbers")))
        self.one("#numbers").send_keys(Keys.SPACE)
        self.assertFalse(any(e.is_displayed() for e in self.all("article .numbers")))
        self.open("network")
        self.assertTrue(self.one("#numbers").is_selected(), "--numbers")

    def background(self):
        return self.run_script("return getComputedStyle(document.body).backgroundColor")

    def test_colours_follow_the_system_or_the_reader(self):
        self.open("network")
        light = self.background()
        self.open("network", dark=True)
        dark = self.background()
        self.assertNotEqual(light, dark)
        self.screenshot("network-dark")
        for theme, expected in (("light", light), ("dark", dark), ("auto", dark)):
            self.one(f"label:has(#theme-{theme})").click()
            self.assertEqual(self.background(), expected, theme)
        self.run_script("document.getElementById('theme-auto').focus()")
        self.press(Keys.ARROW_RIGHT)
        self.assertEqual(self.background(), light)
        self.open("network")
        self.one("label:has(#theme-dark)").click()
        self.assertEqual(self.background(), dark)

    def test_text_is_easy_to_read_in_both_colours(self):
        """Contrast of at least 4.5 [WCAG 2.2, 1.4.3]."""
        contrast = """
            const light = (c) => { const [r, g, b] = c.match(/[0-9.]+/g).slice(0, 3).map((v) => {
                v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
            const [element, ground] = arguments;
            const style = getComputedStyle(element);
            const a = light(element.closest('svg') ? style.fill : style.color), b = light(ground);
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);"""
        for dark in (False, True):
            self.open("network", dark=dark)
            paper = self.background()
            card = self.run_script("return getComputedStyle(document.querySelector('.step')).backgroundColor")
            for selector in ("h1", "p", "a.go", ".reason", ".number", ".words th", ".caption p", ".node .below"):
                for ground in (paper, card):
                    self.assertGreaterEqual(self.run_script(contrast, self.one(selector), ground), 4.5, selector)

    def clipboard_of_selection(self, script):
        """What the page puts on the clipboard when the selection that the script makes is copied."""
        return self.run_script(
            script + """
            const event = new ClipboardEvent('copy', {clipboardData: new DataTransfer(), bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(event);
            return event.clipboardData.getData('text/plain');"""
        )

    def test_a_selected_formula_copies_as_latex(self):
        self.open("expression")
        for place, math in enumerate(self.all("article math")):
            text = self.clipboard_of_selection(
                f"getSelection().selectAllChildren(document.querySelectorAll('article math')[{place}]);"
            )
            self.assertEqual(text, math.get_attribute("data-latex") or math.get_attribute("textContent"))
        text = self.clipboard_of_selection("getSelection().selectAllChildren(document.querySelector('.step .body p'));")
        self.assertRegex(text, r"^\$.*\$ enters equation \$\(6\)\$, \$f = .*\$\. \$.*\$ is known from \$\(7\)\$\.$")

    def latex_of_equation(self, button):
        """The rows around a button, from the LaTeX of their formulas."""
        rows = self.run_script(
            """return [...arguments[0].closest('.equation').querySelectorAll('.row')].map((row) =>
                   ['.left math', '.sign', '.right > .scroll math'].map((cell) => row.querySelector(cell))
                       .map((e) => e?.dataset.latex ?? e?.textContent ?? ''))""",
            button,
        )
        if len(rows) == 1:
            return " ".join(text for text in rows[0] if text)
        lines = [f"{left} &{sign} {right}".strip() for left, sign, right in rows]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def test_each_equation_has_a_button_that_copies_its_latex(self):
        self.open("expression")
        self.browser.execute_cdp_cmd(
            "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
        )
        buttons = self.all("button.copy")
        self.assertEqual(len(buttons), len(self.all(".equation")))
        for button in buttons:
            self.run_script("arguments[0].click()", button)
            WebDriverWait(self.browser, 5).until(lambda _, b=button: b.text == "Copied")
            text = self.browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
            self.assertEqual(text, self.latex_of_equation(button))
        WebDriverWait(self.browser, 5).until(lambda _: buttons[0].text == "TeX")

    def test_the_skip_link_leads_to_the_derivation(self):
        self.open("expression")
        self.press(Keys.TAB)
        skip = self.browser.switch_to.active_element
        self.assertEqual(skip.text, "Skip to the derivation")
        self.assertGreaterEqual(skip.rect["x"], 0)
        skip.send_keys(Keys.ENTER)
        self.assertEqual(self.browser.switch_to.active_element.get_attribute("id"), "derivation")

    def test_the_tab_key_reaches_every_control_and_all_have_names(self):
        self.open("expression")
        controls = "a[href]:not([tabindex='-1']), button:not(:disabled), input, summary"
        wanted = self.run_script(
            """return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility() || e.closest('svg'))
                   .filter((e) => e.type !== 'radio' || e.checked).length""",
            controls,
        )
        reached = set()
        for _ in range(wanted):
            self.press(Keys.TAB)
            element = self.browser.switch_to.active_element
            self.assertTrue(element.accessible_name, element.get_attribute("outerHTML")[:200])
            reached.add(element.id)
        self.assertEqual(len(reached), wanted)


class Screens(PageTest):
    def test_a_phone_shows_the_page_without_scrolling_sideways(self):
        for name in PAGES:
            self.open(name, width=390, height=844)
            for value in (0, 4):
                self.slide_to(value)
                width = self.run_script("return document.documentElement.scrollWidth")
                self.assertLessEqual(width, 390, name)
            self.screenshot(f"{name}-phone")

    def test_a_tap_shows_details_on_a_phone(self):
        self.open("network", width=390, height=844)
        node = self.all(".graph .node")[2]
        x, y = self.run_script(
            "const b = arguments[0].getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]", node
        )
        for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
            self.browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        WebDriverWait(self.browser, 5).until(lambda _: self.shown())
        self.assert_shows(node)
        self.screenshot("network-phone-tap")

    def test_buttons_are_large_enough_for_a_finger(self):
        """24 pixels at least [WCAG 2.2, 2.5.8]."""
        self.open("network", width=390, height=844)
        for element in self.all("button, .switch, .theme span, #slider, summary"):
            size = element.size
            self.assertGreaterEqual(min(size["width"], size["height"]), 24, element.get_attribute("outerHTML")[:120])

    def test_the_language_is_declared(self):
        self.open("chinese")
        self.assertEqual(self.one("html").get_attribute("lang"), "zh-CN")
        self.assertIn("第 1 步", self.one(".step").get_attribute("data-title"))
        self.slide_to(2)
        self.screenshot("chinese")
        self.open("network")
        self.assertEqual(self.one("html").get_attribute("lang"), "en")
        self.screenshot("network")

    def test_without_scripts_the_page_is_a_plain_document(self):
        self.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            self.open("expression")
            self.assertTrue(all(card.get_attribute("open") for card in self.all(".step")))
            self.assertFalse(self.one("#slider").is_displayed())
            self.assertFalse(any(button.is_displayed() for button in self.all("button")))
            self.one("#numbers").click()
            self.assertTrue(self.one("article .numbers").is_displayed())
            self.one(".graph .node").click()
            self.assertEqual(len(self.shown()), 1)
            self.screenshot("expression-without-scripts")
        finally:
            self.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    def test_paper_shows_all_steps_and_no_controls(self):
        self.open("expression")
        self.one("#close-all").click()
        self.run_script("window.dispatchEvent(new Event('beforeprint'))")
        self.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]},
        )
        try:
            self.assertTrue(all(card.get_attribute("open") for card in self.all(".step")))
            self.assertFalse(any(e.is_displayed() for e in self.all("button, .panel, .toolbar")))
            self.assertEqual(self.run_script("return getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
            self.assertEqual(self.run_script("return getComputedStyle(document.body).color"), "rgb(29, 37, 48)")
            self.screenshot("expression-print")
        finally:
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})

    def test_a_ten_layer_network_is_fast(self):
        self.open("many-layers")
        took = self.run_script(
            """const slider = document.getElementById('slider'), begin = performance.now();
               for (slider.value = 1; slider.value < 20; slider.value++) slider.dispatchEvent(new Event('input'));
               return performance.now() - begin;"""
        )
        self.assertLess(took, 4000)  # 19 steps of at most 200 ms, where a change still feels immediate
        self.assertLess((FOLDER / "many-layers.html").stat().st_size, 1_000_000)


if __name__ == "__main__":
    PageTest.folder = FOLDER
    write_pages(sys.argv[1], FOLDER)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])

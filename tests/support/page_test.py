"""A Chromium for tests of pages, and what such tests say often."""

import json
import unittest

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By


def start_browser():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


class PageTest(unittest.TestCase):
    folder = None  # of pages and screenshots, a pathlib.Path: the test program sets it

    @classmethod
    def setUpClass(cls):
        cls.browser = start_browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def setUp(self):
        self.browser.get_log("performance")
        self.browser.get_log("browser")

    def tearDown(self):
        """No page writes errors or asks the network for anything."""
        self.assertEqual(self.browser.get_log("browser"), [])
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.assertTrue(message["params"]["request"]["url"].startswith("file:"), message["params"])

    # What tests say often.

    def open(self, name, width=1400, height=900, dark=False):
        scheme = "dark" if dark else "light"
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        self.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        self.browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": width < 500})
        self.browser.get((self.folder / f"{name}.html").resolve().as_uri())

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def run_script(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def press(self, *keys):
        ActionChains(self.browser).send_keys(*keys).perform()

    def screenshot(self, name):
        # The marching dashes would make each picture another one.
        self.browser.execute_cdp_cmd("Animation.enable", {})
        self.browser.execute_cdp_cmd("Animation.setPlaybackRate", {"playbackRate": 0})
        self.browser.save_screenshot(str(self.folder / f"{name}.png"))

    def shown(self):
        """The ids of the details that the panel shows."""
        # One question, not one a detail: most of a test's time goes into asking.
        return self.run_script(
            """const details = [...document.querySelectorAll('.panel .detail')];
               return details.filter((e) => e.checkVisibility({checkVisibilityCSS: true})).map((e) => e.id);"""
        )

    def point_at(self, link):
        """Moves the mouse onto a node, or onto the middle of an edge."""
        x, y = self.run_script(
            """const link = arguments[0];
               link.scrollIntoView({block: 'nearest', inline: 'center'});
               const path = link.querySelector('.hit');
               const box = link.getBoundingClientRect();
               if (path === null) return [box.x + box.width / 2, box.y + box.height / 2];
               // Where no other arrow covers it, as near to its head as its own colours reach.
               for (let part = 0.97; part > 0; part -= 0.03) {
                 const p = path.getPointAtLength(part * path.getTotalLength());
                 const at = new DOMPoint(p.x, p.y).matrixTransform(path.getScreenCTM());
                 const [x, y] = [Math.round(at.x), Math.round(at.y)];
                 if (document.elementFromPoint(x, y)?.closest('a') === link) return [x, y];
               }
               throw new Error('covered: ' + link.getAttribute('href'));""",
            link,
        )
        actions = ActionChains(self.browser)
        actions.w3c_actions.pointer_action.move_to_location(round(x), round(y))
        actions.perform()

    def slide_to(self, value):
        self.run_script(
            "const s = arguments[0]; s.value = arguments[1]; s.dispatchEvent(new Event('input', {bubbles: true}));",
            self.one("#slider"),
            value,
        )

    def hash_of(self, link):
        return self.run_script("return arguments[0].getAttribute('href').slice(1)", link)

    def assert_shows(self, link):
        self.assertEqual(self.shown(), [self.hash_of(link)])

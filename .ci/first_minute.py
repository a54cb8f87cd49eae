"""Waits until the app answers, then lets a browser generate names, as a first-time user would."""

import re
import sys
import time
import urllib.error
import urllib.request

from playwright.sync_api import expect, sync_playwright

INSTALL_SECONDS = 1200  # pip downloads torch and gradio before the app can start
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def wait_for(url: str) -> None:
    end = time.monotonic() + INSTALL_SECONDS
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    sys.exit(f"{url} did not answer within {INSTALL_SECONDS} s")


def main(url: str) -> None:
    wait_for(url)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page()
        page.goto(url)
        page.get_by_role("tab", name="Generate").click()
        page.locator("#generate-run").click()
        names = page.locator("#generate-results")
        expect(names).to_contain_text(re.compile(r"\w{2,}"), timeout=60_000)
        print("a browser has generated:", names.inner_text()[:200].replace("\n", " "))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])

"""A picture of a page: `python -m tests.support.look URL OUT.png --width 320`."""

import argparse
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, sync_playwright

from tests.support.chromium import find_chromium

HEIGHTS = {320: 640, 1280: 900}


def main(arguments: list[str] | None = None) -> int:
    """0 when the picture was taken; prints the status, the title and what the console said."""
    options = _parser().parse_args(arguments)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**find_chromium().launch_options())
        height = options.height or HEIGHTS.get(options.width, 900)
        context = browser.new_context(
            viewport={"width": options.width, "height": height},
            java_script_enabled=not options.no_script,
        )
        _add_cookies(context, options.url, options.cookie)
        _take(context, options)
        browser.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int)
    parser.add_argument("--full", action="store_true", help="the whole page, not the window")
    parser.add_argument("--no-script", action="store_true", help="without JavaScript")
    parser.add_argument("--print", action="store_true", dest="printed", help="as it prints")
    parser.add_argument("--cookie", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--sign-in", metavar="EMAIL:PASSWORD", help="fill the sign-in form first")
    parser.add_argument("--sign-in-path", default="/staff/sign-in")
    return parser


def _add_cookies(context: BrowserContext, url: str, cookies: list[str]) -> None:
    for cookie in cookies:
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": url}])


def _take(context: BrowserContext, options: argparse.Namespace) -> None:
    page = context.new_page()
    page.on("console", lambda message: print(f"console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: print(f"script error: {error}"))
    if options.sign_in:
        email, _, password = options.sign_in.partition(":")
        parts = urlsplit(options.url)
        page.goto(f"{parts.scheme}://{parts.netloc}{options.sign_in_path}")
        page.locator("input[name=email]").fill(email)
        page.locator("input[type=password]").fill(password)
        page.locator("input[type=password]").press("Enter")
        page.wait_for_load_state()
    if options.printed:
        page.emulate_media(media="print")
    response = page.goto(options.url)
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.screenshot(path=str(options.out), full_page=options.full)
    print(f"{response.status if response else '-'} {page.title()!r} -> {options.out}")
    if overflow > 0:
        print(f"the page is {overflow} pixels wider than the window")


if __name__ == "__main__":
    sys.exit(main())

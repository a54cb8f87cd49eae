"""Texts that a student, a file or a model could write, and that must stay text on the page."""

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "</pre></div><iframe src=javascript:alert(1)>",
    "${alert(1)} {{value}} `${alert(1)}`",
    "\x1b[31mred\x00 \u202eevil \ud800",
    "&lt;b&gt;",
)


def assert_inert(html: str) -> None:
    """No tag, attribute or control character of HOSTILE's has survived as such."""
    from html.parser import HTMLParser

    found: list[tuple[str, dict]] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list) -> None:
            found.append((tag, dict(attributes)))

    Parser().feed(html)
    for tag, attributes in found:
        assert tag not in ("script", "iframe", "img"), html
        assert not any(name.startswith("on") or name == "autofocus" for name in attributes), html
    assert not any(sign in html for sign in ("\x1b", "\x00", "\u202e", "\ud800"))

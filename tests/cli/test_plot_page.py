"""The HTML files of `plot` in a browser."""

import json
import re
from html import unescape

import pytest

from tests.cli.browser import document, screenshot
from tests.cli.conftest import Cli
from tests.cli.page import AUTUMN, BERLIN, content
from tests.sampling import exhaustive


def test_a_page_has_fewer_ticks_where_it_is_narrow(cli: Cli) -> None:
    """So that labels do not touch; days are kept when hours go."""
    cli.data("plot", "1", "--since", "2025-10-24", "--until", "2025-10-26", *BERLIN, "--output", "t.html")
    axis = content(cli.folder / "t.html")["panels"][0]["encoding"]["x"]["axis"]
    narrow, medium, wide = (json.loads(values) for values in re.findall(r"\[[^]]*\]", axis["values"]["signal"]))
    assert (len(narrow), len(medium), len(wide)) == (2, 8, 8)
    assert set(narrow) < set(medium)


def test_a_page_asks_for_nothing_outside_of_it(cli: Cli) -> None:
    """The policy in the page forbids it, and no element names another address."""
    cli.data("plot", "1", *AUTUMN, "--output", "t.html")
    text = (cli.folder / "t.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert policy[1].startswith("default-src 'none'; ")
    assert "http" not in policy[1]
    elements = re.sub(r"(<script[^>]*>).*?(</script>)", r"\1\2", text, flags=re.DOTALL)
    assert "http" not in elements.replace("http-equiv", "")
    assert not re.search(r"(?:src|href)=", elements)


def test_a_page_can_be_read_without_looking(cli: Cli) -> None:
    """The plot is an image with a label, and a table has the totals of each series, as `get` prints them."""
    cli.data("plot", "1", "2", *AUTUMN, "--output", "t.html")
    script = """
        while (!document.body.dataset.shown) await new Promise((done) => setTimeout(done, 50));
        const box = document.getElementById("totals").getBoundingClientRect();
        document.body.dataset.size = `${box.width} ${box.height}`;
    """
    text = document(cli.folder / "t.html", script)
    assert 'data-size="1 1"' in text
    window = "2025-10-24 00:00 to 2025-10-28 00:00 (Europe/Berlin), by hour"
    label = f"Apps 1, 2, {window}: requests, bytes sent and bytes received"
    assert f'role="img" aria-label="{label}"' in text
    (table,) = re.findall(r"<table><caption>Totals</caption>(.*?)</table>", text, re.DOTALL)
    head, *rows = [re.findall(r"<t[hd][^>]*>([^<]*)<", row) for row in re.findall(r"<tr>(.*?)</tr>", table)]
    assert head == ["", "Requests", "Bytes sent", "Bytes received"]
    for app_id, row in zip("12", rows, strict=True):
        items = json.loads(cli.data("get", app_id, *AUTUMN, "--format", "json"))
        columns = ("requests", "bytes_sent", "bytes_received")
        assert row == [f"App {app_id}", *(f"{sum(item[column] for item in items):,}" for column in columns)]


def test_a_page_without_javascript_says_what_to_do(cli: Cli) -> None:
    """Otherwise it would be blank; the table of totals can be seen then."""
    cli.data("plot", "1", *AUTUMN, "--output", "t.html")
    page = (cli.folder / "t.html").read_text(encoding="utf-8")
    style, sentence = re.findall(r"<noscript>(.*?)</noscript>", page, re.DOTALL)
    assert "#totals { position: static;" in style
    assert "open it with JavaScript, or write a picture with\n<code>--output NAME.svg</code>" in sentence


@pytest.mark.exhaustive
def test_a_page_looks_the_same_in_every_timezone(cli: Cli) -> None:
    """Pixel by pixel; a page that leaves times to the browser does not."""
    cli.data("plot", "1", "2", *AUTUMN, "--output", "t.html")
    naive = cli.folder / "naive.html"
    naive.write_text("<script>document.write(new Date(0).toString())</script>")
    for page, is_equal in ((cli.folder / "t.html", True), (naive, False)):
        pictures = [screenshot(page, timezone=zone) for zone in ("UTC", "America/Los_Angeles")]
        assert (pictures[0] == pictures[1]) == is_equal, page.name


@pytest.mark.parametrize("width", [500, *exhaustive([1400])])
def test_a_page_fits_its_window(cli: Cli, width: int) -> None:
    """Every panel is as wide as the window, and nothing sticks out."""
    cli.data("plot", "1", "2", *AUTUMN, "--output", "t.html")
    script = """
        while (!document.body.dataset.shown) await new Promise((done) => setTimeout(done, 50));
        const panels = [...document.querySelectorAll("canvas")].map((canvas) => canvas.getBoundingClientRect().right);
        document.body.dataset.sizes = JSON.stringify([innerWidth, document.documentElement.scrollWidth, ...panels]);
    """
    seen = re.search(r'data-sizes="([^"]+)"', document(cli.folder / "t.html", script, width=width))
    assert seen
    inner, scrolled, *panels = json.loads(seen[1])
    assert inner == scrolled == width
    assert len(panels) == 3
    assert all(width - 30 <= right <= width for right in panels)


@pytest.mark.parametrize("width", [320, *exhaustive([500, 1400])])
def test_the_legend_of_a_page_is_whole_in_a_narrow_window(cli: Cli, width: int) -> None:
    """Each name is inside of the page, with the colour and the dashes of its line in the panels."""
    consumers = [f"123456789012345678{number}" for number in range(9)]
    options = [option for consumer in consumers for option in ("--consumer-id", consumer)]
    window = ["--since", "2025-10-24", "--until", "2025-10-26", "--interval", "day"]
    cli.data("plot", "1", "2", *window, *options, "--output", "t.html")
    # Chromium's own windows are 500 pixels wide or more.
    script = f"""
        document.body.style.width = "{width - 32}px";
        const seen = [...document.querySelectorAll("#legend li")].map((entry) => {{
          const [box, line] = [entry.getBoundingClientRect(), entry.querySelector("path")];
          const style = getComputedStyle(line);
          const isInside = box.left >= 0 && box.right <= {width} && entry.scrollWidth <= entry.clientWidth;
          return [entry.textContent, isInside, style.stroke, line.getAttribute("stroke-dasharray")];
        }});
        document.body.dataset.seen = JSON.stringify(seen);
    """
    found = re.search(r'data-seen="([^"]+)"', document(cli.folder / "t.html", script, width=width))
    assert found
    entries = json.loads(unescape(found[1]))
    names = [f"App {app_id}, consumer {consumer}" for consumer in consumers for app_id in (1, 2)]
    assert [name for name, *_ in entries] == names
    assert all(is_inside for _, is_inside, *_ in entries)
    page = content(cli.folder / "t.html")
    colours = page["configs"]["light"]["range"]["category"]
    encoding = page["panels"][0]["layer"][2]["encoding"]
    assert encoding["color"]["scale"]["domain"] == encoding["strokeDash"]["scale"]["domain"] == names
    for number, (_, _, stroke, dashes) in enumerate(entries):
        rgb = [int(part) for part in re.findall(r"\d+", stroke)]
        assert bytes(rgb).hex() == colours[number % len(colours)].removeprefix("#").lower()
        assert [int(part) for part in dashes.split()] == encoding["strokeDash"]["scale"]["range"][number]


@pytest.mark.parametrize("width", [500, *exhaustive([1000])])
def test_a_page_shows_values_under_the_pointer(cli: Cli, width: int) -> None:
    """The tooltip has the period and the count of each app, and is inside of the window; there is no menu."""
    cli.data("plot", "1", "2", *AUTUMN, "--output", "t.html")
    script = """
        while (!document.body.dataset.shown) await new Promise((done) => setTimeout(done, 50));
        const canvas = document.querySelector("canvas");
        const box = canvas.getBoundingClientRect();
        const place = {clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true};
        for (const kind of ["pointermove", "mousemove", "pointerover", "mouseover", "pointermove"])
            canvas.dispatchEvent(new PointerEvent(kind, place));
        await new Promise((done) => setTimeout(done, 300));
        const tooltip = document.getElementById("vg-tooltip-element").getBoundingClientRect();
        document.body.dataset.inside = tooltip.left >= 0 && tooltip.right <= innerWidth;
    """
    html = document(cli.folder / "t.html", script, width=width)
    assert 'data-inside="true"' in html
    tooltip = re.search(r'id="vg-tooltip-element"[^>]*>(.*?)</div>', html, re.DOTALL)
    assert tooltip
    text = re.sub(r"<[^>]+>", " ", tooltip[1])
    when = re.search(r"(\w{3} \d{4}-\d\d-\d\d \d\d:\d\d CES?T \+0[12]:00)\s+to ", text)
    assert when
    periods = content(cli.folder / "t.html")["datasets"]["periods"]
    (period,) = [period for period in periods if period["when"].startswith(when[1])]
    assert f"App 1 {period['requests_0']}" in re.sub(r"[\s:]+", " ", text).replace(" 1 ", " 1 ")
    assert "vega-actions" not in re.sub(r"<s(?:cript|tyle).*?</s(?:cript|tyle)>", "", html, flags=re.DOTALL)

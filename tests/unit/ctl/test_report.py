# SPDX-License-Identifier: Apache-2.0
"""`flinkwatchctl report`: the HTML as a real browser shows it, the Markdown as a real reader reads it, hostile text in both."""

import copy
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from html.parser import HTMLParser

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from test_client import ctl, daemon, golden, result  # noqa: E402,F401  pylint: disable=unused-import

CHROMIUM = shutil.which("chromium")
VOID = {"meta", "line", "rect", "circle", "path", "br"}
ALLOWED = VOID | set("""html head title style body main header span h1 h2 p dl div dt dd nav a section ol ul li time strong small code pre
                        table thead tbody tr th td figure figcaption svg text footer""".split())


def report(daemon, document, form, **env):  # pylint: disable=redefined-outer-name
    done = ctl("--socket", daemon(result(document)).path, "report", "17", "--format", form, env={"TZ": "Europe/Paris", **env})
    assert done.returncode == 0, done.stderr
    return done.stdout


class Page(HTMLParser):
    """Elements with their attributes; fails on what is not closed in order."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.texts, self.ids = [], [], [], set()
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, tag
        attributes = dict(attrs)
        assert len(attributes) == len(attrs) and not [name for name in attributes if name.startswith("on")]
        self.elements.append((tag, attributes))
        self.ids.add(attributes.get("id"))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    def text(self):
        return "".join(self.texts)

    def all(self, tag, **attributes):
        return [a for t, a in self.elements if t == tag and all(a.get(name.rstrip("_")) == value for name, value in attributes.items())]


def test_html__of_an_incident__has_its_charts_texts_and_links(daemon):
    document = golden("report-open")
    page = Page(report(daemon, document, "html"))
    charts = document["charts"]
    assert len(page.all("svg")) == len(charts) == 7
    assert len(page.all("line", class_="fault")) == len(charts)
    assert len(page.all("line", class_="operation")) == 2 * len(charts)
    assert len(page.all("line", class_="threshold")) == sum(1 for c in charts if c["threshold"])
    paths = page.all("path", class_="line")
    assert len(paths) == len(charts) + 1, "a gap ends a line: it is not drawn across"
    drawn = sum(len(re.findall("[ML]", path["d"])) for path in paths)
    assert drawn == sum(len(c["points"]) for c in charts)
    text = page.text()
    for expected in ("orders: Restart loop for 2 d", document["summary"], "bad_record: this started it", "com.acme.orders.Parse.map", "Source: orders -> Parse (1/4)",
                     "fullRestarts", "threshold 30 s", "first fault", "acknowledged", "2nd attempt", "UpdateApplication FAILED", "source_lag", "Times are CET (UTC+0100)",
                     "Why this is it: A record is not", "Deploy: first fault 6 min after", "Newest READY snapshot: before-42", "40 log lines read",
                     *document["advice"]):
        assert expected in text, expected
    links = [a["href"] for a in page.all("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= page.ids
    assert "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Fkinesis-analytics$252Forders" in links
    for moment in page.all("time"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment["datetime"])
    assert {"datetime": "2026-01-12T00:46:41Z", "title": "2026-01-12T00:46:41Z"} in page.all("time")


def test_html__needs_nothing_from_elsewhere(daemon):
    html = report(daemon, golden("report-open"), "html")
    page = Page(html)
    assert "default-src 'none'" in html and "url(" not in html and "@import" not in html
    for _, attributes in page.elements:
        assert not {"src", "srcset", "style", "data", "action", "background"} & set(attributes)
        assert attributes.get("href", "#").startswith(("#", "https://"))


HOSTILE = ["</pre></style><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "`</code><b>`", "&lt;b&gt;", "[x](javascript:alert(1))",
           "# heading", "- item", "1. item", "| cell | cell |", "https://a.example/?q=\"<b>", "```\n# out\n```", "\u202egnp.exe\x1b[2J\x00\x07", "@everyone $x$ ~~x~~ __x__ *x* ![i](u)",
           "'; DROP TABLE event; --", "> quote", "---", "=== ", "<!-- comment", "<details open ontoggle=alert(1)>", "\\", "a\\|b|c"]


def poisoned(value, text):
    """A copy in which every string but times, kinds and units is `text`."""
    if isinstance(value, dict):
        kept = {"kind", "unit", "at", "onset_at", "opened_at", "updated_at", "resolved_at", "from", "to", "generated_at", "started_at", "ended_at", "since",
                "first_fault_at", "last_healthy_at", "points", "application_arn", "acknowledged_at"}
        return {key: item if key in kept else poisoned(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, text) for item in value]
    return text if isinstance(value, str) else value


@pytest.mark.parametrize("text", HOSTILE)
def test_html__of_hostile_texts__is_text(daemon, text):
    page = Page(report(daemon, poisoned(golden("report-open"), text), "html"))
    for _, attributes in page.elements:
        assert attributes.get("href", "#").startswith(("#", "https://"))
    assert len(page.all("svg")) == 7 and len(page.all("h2")) == 10
    assert "\x1b" not in page.text() and "\u202e" not in page.text()


def markdown_tokens(text):
    reader = pytest.importorskip("markdown_it")
    tokens = reader.MarkdownIt("commonmark").enable("table").parse(text)
    flat = []
    for token in tokens:
        flat += [token, *(token.children or [])]
    return flat


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown__of_hostile_texts__is_text(daemon, text):
    tokens = markdown_tokens(report(daemon, poisoned(golden("report-open"), text), "md"))
    kinds = [token.type for token in tokens]
    assert not {"html_block", "html_inline", "image", "code_block", "blockquote_open"} & set(kinds)
    assert kinds.count("heading_open") == 1 + 10 + 7
    assert kinds.count("hr") == 1
    assert kinds.count("fence") == 7 + 2
    for token in tokens:
        if token.type == "link_open":
            assert token.attrs["href"].startswith("https://")


def test_markdown__of_an_incident__is_as_read(daemon):
    text = report(daemon, golden("report-open"), "md")
    path = os.path.join(os.environ.get("FLINKWATCH_SRCDIR", "."), "tests", "golden", "ctl", "report-open.md")
    if os.environ.get("FLINKWATCH_GOLDEN_WRITE"):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with open(path, encoding="utf-8") as file:
        assert text == file.read()


def test_json__is_what_the_daemon_said(daemon):
    assert json.loads(report(daemon, golden("report-open"), "json")) == golden("report-open")


def test_output__goes_to_the_file_or_says_why_not(daemon, tmp_path):
    one = daemon(result(golden("report-open")))
    path = tmp_path / "report.html"
    done = ctl("--socket", one.path, "report", "17", "--format", "html", "--output", str(path))
    assert done.returncode == 0 and done.stdout == ""
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    done = ctl("--socket", one.path, "report", "17", "--output", str(tmp_path / "none" / "x"))
    assert done.returncode == 1 and "cannot be written" in done.stderr


def test_report__of_little__has_what_there_is(daemon):
    bare = {"id": 3, "application": "a", "title": "t", "onset_at": "2026-01-12T00:47:00Z", "generated_at": "2026-01-12T01:47:00Z"}
    page = Page(report(daemon, bare, "html"))
    assert page.all("svg") == [] and "None so far." in page.text() and "Nobody has acknowledged" in page.text()
    one_point = copy.deepcopy(golden("report-open"))
    for chart in one_point["charts"]:
        chart["points"] = chart["points"][:1]
    assert len(Page(report(daemon, one_point, "html")).all("path", class_="line")) == 7


def browse(tmp_path, *arguments):
    """A browser with a new profile, which talks to nobody."""
    profile = tmp_path / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    return subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                           "--disable-component-update", "--disable-sync", "--hide-scrollbars", f"--user-data-dir={profile}", *arguments],
                          capture_output=True, text=True, timeout=120, check=True).stdout


MEASURE = """<!doctype html><meta charset="utf-8"><iframe id="f" style="border:0;width:WIDTHpx;height:6000px"></iframe><pre id="out"></pre><script>
const html = HTML;
const frame = document.getElementById("f");
frame.onload = () => {
  const d = frame.contentDocument, root = d.documentElement, view = frame.contentWindow;
  const box = e => e.getBoundingClientRect();
  const clear = (a, b) => box(a).right <= box(b).left + 1 || box(a).bottom <= box(b).top + 1;
  document.getElementById("out").textContent = JSON.stringify({
    overflow: root.scrollWidth - root.clientWidth,
    charts: [...d.querySelectorAll("svg")].map(s => ({width: box(s).width, letters: parseFloat(view.getComputedStyle(s).fontSize) * box(s).width / 480, left: box(s).left})),
    moments: [...d.querySelectorAll(".moments li")].every(li => clear(li.children[0], li.children[1])),
    body: parseFloat(view.getComputedStyle(d.body).fontSize),
    back: view.getComputedStyle(d.body).backgroundColor,
    text: view.getComputedStyle(d.body).color,
    scripts: d.scripts.length,
    outside: [...d.querySelectorAll("svg text")].filter(t => box(t).left < box(t.ownerSVGElement).left - 1 || box(t).right > box(t.ownerSVGElement).right + 1).map(t => t.textContent),
  });
};
frame.srcdoc = html;
</script>"""


def measure(tmp_path, html, width, *arguments):
    outer = tmp_path / f"outer-{width}.html"
    text = json.dumps(html).replace("</", "<\\/").replace("<!--", "<\\!--")
    outer.write_text(MEASURE.replace("WIDTH", str(width)).replace("HTML", text, 1), encoding="utf-8")
    dom = browse(tmp_path, "--virtual-time-budget=5000", f"--window-size={max(width + 20, 500)},1000", *arguments, "--dump-dom", outer.as_uri())
    found = re.search(r'<pre id="out">(.*?)</pre>', dom, re.S).group(1)
    return json.loads(found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
@pytest.mark.parametrize("width,columns", [(360, 1), (768, 1), (1200, 2)])
def test_browser__at_each_width__shows_all_of_it_readably(daemon, tmp_path, width, columns):
    seen = measure(tmp_path, report(daemon, golden("report-open"), "html"), width)
    assert seen["overflow"] <= 0 and seen["scripts"] == 0 and seen["outside"] == []
    assert len(seen["charts"]) == 7 and len({round(c["left"]) for c in seen["charts"]}) == columns
    assert all(c["letters"] >= 9 for c in seen["charts"]) and seen["body"] >= 16
    assert seen["moments"], "times and texts of the timeline overlap"


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
def test_browser__of_who_likes_it_dark__is_dark(daemon, tmp_path):
    html = report(daemon, golden("report-open"), "html")
    brightness = {}
    for name, scheme in (("dark", 0), ("light", 1)):
        seen = measure(tmp_path, html, 800, f"--blink-settings=preferredColorScheme={scheme}")
        brightness[name] = [sum(map(int, re.findall(r"\d+", seen[part])[:3])) for part in ("back", "text")]
    assert brightness["light"][0] > 700 > brightness["light"][1] + 400
    assert brightness["dark"][0] < 100 and brightness["dark"][1] > 600


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
def test_browser__screenshot_and_print__have_all_of_it(daemon, tmp_path):
    page, picture, pdf = tmp_path / "r.html", tmp_path / "r.png", tmp_path / "r.pdf"
    page.write_text(report(daemon, golden("report-open"), "html"), encoding="utf-8")
    browse(tmp_path, "--window-size=1200,2000", f"--screenshot={picture}", page.as_uri())
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", data[16:24]) == (1200, 2000)
    browse(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", page.as_uri())
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    pages = text.count("\f")
    assert 2 <= pages <= 6
    for expected in ("Restart loop for 2 d", "JsonParseException", "first fault", "threshold 30 s", "lastCheckpointSize", "To be completed", "$252Forders"):
        assert expected in text, expected

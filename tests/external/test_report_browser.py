"""The report in a real browser: no errors, every figure drawn, nothing asked of the network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from compared_studies import OTHER_ENGINE, faster, finished, with_engine
from glass_study_parts import TRANSPORTS, glass_parts
from report_study import study_parts

from amorph_flows.references import reference_sets
from amorph_flows.report import build_report
from amorph_flows.report.comparison import compare_studies, comparison_page
from amorph_flows.report.glass import glass_report, glass_results, ion_sections

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="chromium and chromedriver are not installed"
)

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",  # draws in three dimensions without a graphics card
)
DRAWN = """
return [...document.querySelectorAll(".plotly-graph-div")].map((div) => {
  const marks = [...div.querySelectorAll("svg, canvas")];
  const size = (mark) => mark.getBoundingClientRect();
  return {
    id: div.id,
    size: Math.max(0, ...marks.map((mark) => Math.min(size(mark).width, size(mark).height))),
    points: div.querySelectorAll("path.point, .js-line, .violin, .point path").length
      + Object.keys(div._fullLayout.scene?._scene?.traces ?? {}).length,
  };
});
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    references = reference_sets()["choyal2025"].references
    parts = study_parts().model_copy(update={"references": references})
    path.write_text(build_report(parts).html, encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def glasses(tmp_path_factory: pytest.TempPathFactory) -> str:
    parts = glass_parts(300.0)
    moved = ion_sections(parts.ions, TRANSPORTS, [None, None])
    path: Path = tmp_path_factory.mktemp("glasses") / "report.html"
    files, _ = glass_report(parts, glass_results(parts), moved)
    path.write_text(files["report.html"], encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> str:
    studies = {
        "slow": finished(study_parts()),
        "a glass that is fast": finished(faster(1.3)),
        "VASP": finished(with_engine(faster(2.0), OTHER_ENGINE, of="voltage")),
    }
    path: Path = tmp_path_factory.mktemp("comparison") / "comparison.html"
    path.write_text(comparison_page(compare_studies(studies)), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def open_page(
    browser: Any, page: str, width: int, scheme: str = "light", *, moving: bool = False
) -> None:
    motion = "no-preference" if moving else "reduce"
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": motion},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(page)
    WebDriverWait(browser, 600).until(
        lambda driver: all(figure["size"] > 0 for figure in driver.execute_script(DRAWN))
    )


def is_slow(message: str) -> bool:
    """Say whether the browser only complains of the speed of a machine without graphics card."""
    return "willReadFrequently" in message or "GPU stall due to ReadPixels" in message


def requests_of(browser: Any, page: str) -> list[str]:
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [params["request"]["url"] for params in sent if params["documentURL"] == page]


def check_drawn(browser: Any, page: str, width: int, scheme: str, least_figures: int) -> None:
    """Open a page and check that it is drawn, complains of nothing and fits the screen."""
    open_page(browser, page, width, scheme)
    figures = browser.execute_script(DRAWN)
    assert len(figures) >= least_figures
    for figure in figures:
        assert figure["points"] > 0, figure
        assert figure["size"] > 100, figure
    logged = [e for e in browser.get_log("browser") if e["level"] in {"SEVERE", "WARNING"}]
    problems = [e for e in logged if not (e["source"] == "rendering" and is_slow(e["message"]))]
    assert not problems
    network = [url for url in requests_of(browser, page) if not url.startswith(("data:", "blob:"))]
    assert set(network) == {page}  # once for each time that it was opened
    overflow = browser.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    screen = browser.execute_script("return document.documentElement.clientWidth")
    for box in browser.find_elements(By.CSS_SELECTOR, ".workflow .box"):
        assert box.text
        assert 60 < box.rect["width"] <= screen, box.text
        assert browser.execute_script("return arguments[0].scrollWidth", box) <= box.rect["width"]


SCREENS = [(1300, "light"), (1300, "dark"), (420, "light"), (420, "dark")]


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_every_figure_is_drawn_without_errors_or_requests(
    browser: Any, page: str, width: int, scheme: str
) -> None:
    check_drawn(browser, page, width, scheme, 30)
    lines = browser.find_elements(By.CSS_SELECTOR, ".card .reference")
    assert [line.text for line in lines if "eV" in line.text] == ["Choyal 2025: 0.0470 eV"]


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_a_comparison_is_drawn_without_errors_or_requests(
    browser: Any, comparison: str, width: int, scheme: str
) -> None:
    check_drawn(browser, comparison, width, scheme, 1)
    words = {word.text for word in browser.find_elements(By.CSS_SELECTOR, ".compared .badge")}
    assert {"agree", "differ", "not compared"} <= words


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_a_study_of_glasses_is_drawn_without_errors_or_requests(
    browser: Any, glasses: str, width: int, scheme: str
) -> None:
    check_drawn(browser, glasses, width, scheme, 8)
    tops = [
        browser.find_element(By.CSS_SELECTOR, selector).rect["y"]
        for selector in (".answer", ".cards", "#arrhenius", "#obstacles", ".paste", "table")
    ]
    assert tops == sorted(tops)
    cards = browser.find_elements(By.CSS_SELECTOR, ".card")
    assert len(cards) == 7
    for card in cards:
        inner = browser.execute_script("return arguments[0].scrollWidth", card)
        assert inner <= card.rect["width"] + 1, card.get_attribute("id")


@pytest.mark.parametrize("width", [1300, 420])
def test_answer_cards_and_remedies_come_first(browser: Any, page: str, width: int) -> None:
    open_page(browser, page, width)
    tops = [
        browser.find_element(By.CSS_SELECTOR, selector).rect["y"]
        for selector in (".answer", ".cards", "#arrhenius", "#obstacles", ".paste", "table")
    ]
    assert tops == sorted(tops)
    cards = browser.find_elements(By.CSS_SELECTOR, ".card")
    assert len(cards) == 8
    columns = len({card.rect["x"] for card in cards})
    assert columns == (4 if width > 1000 else 2)
    for card in cards:
        assert card.find_element(By.CSS_SELECTOR, ".value strong").text
        inner = browser.execute_script("return arguments[0].scrollWidth", card)
        assert inner <= card.rect["width"] + 1, card.get_attribute("id")


def test_the_glass_turns_until_it_is_touched(browser: Any, page: str) -> None:
    open_page(browser, page, 1300, moving=True)
    eye = "return document.getElementById('glass')._fullLayout.scene._scene.getCamera().eye.x"
    glass = browser.find_element(By.ID, "glass")
    browser.execute_script("arguments[0].scrollIntoView()", glass)
    first = browser.execute_script(eye)
    WebDriverWait(browser, 60).until(lambda driver: driver.execute_script(eye) != first)
    browser.execute_script("arguments[0].dispatchEvent(new PointerEvent('pointerdown'))", glass)
    assert glass.get_attribute("data-turning") == "no"


def test_a_quantity_opens_to_its_temperatures(browser: Any, page: str) -> None:
    open_page(browser, page, 1300)
    group = browser.find_element(By.CSS_SELECTOR, "#table-results .group")
    rows = group.find_elements(By.CSS_SELECTOR, "tr:not(.head)")
    assert len(rows) > 1
    assert not any(row.is_displayed() for row in rows)
    group.find_element(By.CSS_SELECTOR, ".opens summary").click()
    assert all(row.is_displayed() for row in rows)


def test_table_of_results_is_the_first_and_its_documents_can_be_reached(
    browser: Any, page: str
) -> None:
    open_page(browser, page, 1280)
    first = browser.find_element(By.TAG_NAME, "table")
    assert first.get_attribute("id") == "table-results"
    first.find_element(By.CSS_SELECTOR, "td.documents a").click()
    target = browser.execute_script("return document.querySelector(':target').id")
    assert target.startswith("doc-")


def test_reasons_unfold(browser: Any, page: str) -> None:
    open_page(browser, page, 1280)
    details = browser.find_element(By.CSS_SELECTOR, "#table-results td.doubts details")
    for opens in browser.find_elements(By.CSS_SELECTOR, "#table-results .opens summary"):
        opens.click()
    reasons = details.find_elements(By.TAG_NAME, "li")
    assert reasons
    assert not any(reason.is_displayed() for reason in reasons)
    details.find_element(By.TAG_NAME, "summary").click()
    assert all(reason.is_displayed() and reason.text for reason in reasons)


def test_figures_follow_the_colour_scheme(browser: Any, page: str) -> None:
    colour = (
        "return getComputedStyle(document.querySelector('#schedule .xtick text')).fill"
        " + getComputedStyle(document.body).backgroundColor"
    )
    open_page(browser, page, 1280, "light")
    light = browser.execute_script(colour)
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    WebDriverWait(browser, 30).until(lambda driver: driver.execute_script(colour) != light)
    dark = browser.execute_script(colour)
    assert dark.split(")")[0] != light.split(")")[0]
    assert dark.split(")")[1] != light.split(")")[1]
    assert not [e for e in browser.get_log("browser") if e["level"] == "SEVERE"]

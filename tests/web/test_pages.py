"""The pages over real HTTP, with the demo company in the database."""

from __future__ import annotations

import re
import threading
import time
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import date, timedelta

import pytest

from kundenecho.settings import load_settings
from tests.cli.conftest import Installation, installed  # noqa: F401  the same fixture
from web.app import _safe_link
from web.kpis import chart
from web.server import serve


@pytest.fixture(scope="module")
def site(installed: Installation) -> str:  # noqa: F811
    found = load_settings()
    settings = replace(found, values={**found.values, "web.port": 0})
    address: list[str] = []
    threading.Thread(target=serve, args=(settings,), kwargs={"announce": address.append}, daemon=True).start()
    until = time.monotonic() + 120
    while not address or not _answers(address[0] + "health"):
        assert time.monotonic() < until, "the pages do not come up"
        time.sleep(0.02)
    return address[0]


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5)
    except OSError:
        return False
    return True


def get(url: str) -> tuple[int, str, dict[str, str]]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode("utf-8", "replace"), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8"), dict(error.headers)


def test_defects_with_their_quotes(site: str) -> None:
    status, html, headers = get(site)
    assert status == 200
    assert "Was immer wieder kaputtgeht" in html
    assert html.count("<article>") > 10
    assert "Auslaufdüse" in html
    assert "je 100 Bewertungen" in html
    assert "default-src 'none'" in headers["content-security-policy"]


def test_advocates_with_their_reasons(site: str) -> None:
    _, html, _ = get(site + "fuersprecher")
    assert "Wer für uns spricht" in html
    assert "empfiehlt weiter" in html
    assert html.count("<article>") > 10


def test_every_why_link_works(site: str) -> None:
    _, html, _ = get(site + "maengel")
    links = sorted(set(re.findall(r'href="/(warum/[DF]\d+)"', html)))[:25]
    assert len(links) == 25
    for link in links:
        status, page, _ = get(site + link)
        assert status == 200, link
        assert "Belege" in page


def test_filter_by_product(site: str) -> None:
    _, html, _ = get(site + "maengel?produkt=HM-450&ab=2")
    assert "HM-450" in html
    assert "<small>HM-310</small>" not in html


@pytest.mark.parametrize("path", ["warum/D99999", "warum/unsinn", "export/alles.csv", "export/maengel.pdf"])
def test_what_is_not_there_says_so(site: str, path: str) -> None:
    status, html, _ = get(site + path)
    assert status == 404
    assert "Das ging nicht" in html


@pytest.mark.parametrize(
    "path",
    ["maengel", "fuersprecher", "vorgaenge", "angebote", "siegel", "reise", "reise/use", "export/fuersprecher.csv"],
)
def test_an_unknown_product_leads_to_known_ones(site: str, path: str) -> None:
    status, html, _ = get(f"{site}{path}?produkt=HM-31%3Cb%3E")
    assert status == 404
    assert "Dieses Produkt kennen wir nicht" in html
    assert "HM-31&lt;b&gt;" in html
    assert f'href="/{path}?produkt=HM-310"' in html
    assert get(f"{site}{path}?produkt=HM-310")[0] == 200


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
@pytest.mark.parametrize("name", ["maengel", "fuersprecher", "angebote", "reise"])
def test_exports(site: str, name: str, form: str) -> None:
    status, body, headers = get(f"{site}export/{name}.{form}")
    assert status == 200
    # The company's lists are not here, so nobody may be offered anything.
    assert len(body) > 500 or name == "angebote"
    assert f"{name}.{form}" in headers["content-disposition"]


def test_the_seal_is_previewed_and_its_picture_brings_its_own_style(site: str) -> None:
    status, html, _ = get(site + "siegel?produkt=HM-310")
    assert status == 200
    assert "ohne bestätigten Kauf" in html
    assert "Ob die Bewertungen von Käufern stammen" in html
    [address] = set(re.findall(r'src="/(siegel\.svg[^"]*)"', html))
    status, svg, headers = get(site + address)
    assert (status, headers["content-type"]) == (200, "image/svg+xml")
    assert "style-src 'unsafe-inline'" in headers["content-security-policy"]
    assert "von 5 aus" in svg
    assert get(site + "siegel")[0] == 200


def test_links_from_sources_are_not_trusted() -> None:
    assert _safe_link("javascript:alert(1)") is None
    assert _safe_link("https://shop.example/#1") == "https://shop.example/#1"


def test_cases_with_overdue_ones_first(site: str) -> None:
    status, html, _ = get(site + "vorgaenge")
    assert status == 200
    assert "Wer auf Antwort wartet" in html
    assert html.index("überfällig seit") < html.index("<q>")
    [case, *_] = re.findall(r'href="/(vorgaenge/V\d+)"', html)
    status, html, _ = get(site + case)
    assert status == 200
    assert "Vorschläge für die Antwort" in html
    assert "eröffnet" in html
    assert get(site + "vorgaenge?nur=wichtig&art=complaint&bei=support&produkt=HM-310")[0] == 200
    assert get(site + "vorgaenge?nur=unsinn")[0] == 422
    assert get(site + "vorgaenge/V99999")[0] == 404


def test_offers_say_why_there_are_none(site: str) -> None:
    status, html, _ = get(site + "angebote?produkt=HM-310&artikel=HM-EK-500")
    assert status == 200
    assert "Kein Angebot." in html
    assert "Was daraus wurde" in html
    assert html.count('<option value="HM-') == 5
    assert 'aria-current="page">Angebote' in html


def test_key_figures_with_their_charts(site: str) -> None:
    status, html, _ = get(site + "kennzahlen")
    assert status == 200
    assert "Weiterempfehlung (NPS)" in html
    assert "noch nicht erreicht" in html
    assert get(site + "kennzahlen?je=channel")[0] == 200


def test_a_chart_leaves_out_weeks_that_say_nothing() -> None:
    weeks = [date(2026, 5, 4) + timedelta(weeks=n) for n in range(4)]
    rows = [{"week": w, "value": v, "n": n} for w, v, n in zip(weeks, (2, None, 9, 4), (9, 9, 1, 9), strict=True)]
    drawn = chart(rows)
    assert drawn is not None
    assert (drawn["first"], drawn["last"], drawn["low"], drawn["high"]) == (weeks[0], weeks[3], 0.0, 4.0)
    assert drawn["points"] == [(3.0, 24.0), (237.0, 3.0)]
    assert chart(rows[:3]) is None


def test_the_journey_with_the_quotes_behind_its_cells(site: str, installed: Installation) -> None:  # noqa: F811
    status, html, _ = get(site + "reise")
    assert status == 200
    assert "Die Kundenreise" in html
    assert "währenddessen" in html
    links = sorted(set(re.findall(r'href="/(reise/\w+\?[^"]*)"', html)))
    assert len(links) > 20
    for link in links[::4]:
        status, page, _ = get(site + link.replace("&amp;", "&"))
        assert status == 200
        assert "<mark>" in page, link
    assert get(site + "reise?produkt=-")[0] == 200
    with installed.db.connect("tests") as conn, conn.cursor() as cursor:
        cursor.execute("INSERT INTO remedy (product, defect, title) VALUES ('neu', 'leak', 'Dichtung')")
        conn.commit()
    assert "Dazu hat noch niemand etwas geschrieben" in get(site + "reise?produkt=neu")[1]
    assert get(site + "reise/mond")[0] == 404
    assert get(site + "reise/use?stimmung=heiter")[0] == 404

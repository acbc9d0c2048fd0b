"""Language of short texts; what is not German is kept and not analysed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kundenecho.analysis import Analysis
from nlp.language import detect


@pytest.mark.parametrize(
    "text",
    [
        "Super", "Top Produkt", "Super Design und super Service!", "Alles super", "Klasse Teil", "Reinigung super",
        "Passt perfekt", "1A", "ok", "Preis Leistung top", "Isch super, merci vilmal für d Lieferig",
        "Passt scho, i bin z'frieden", "Super Qualität! Gerne wieder", "Very good, aber leider zu teuer für mich",
        "Der Support ist okay, das Handling auch", "Grüezi, die Lampe ist gross genug", "Genial einfach, einfach genial",
    ],
)  # fmt: skip
def test_german(text: str) -> None:
    assert detect(text) == "de"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Great product, works very well", "en"),
        ("So good, I ordered another one", "en"),
        ("the handle broke after two weeks", "en"),
        ("Très bon produit, je recommande", "fr"),
        ("Ottimo prodotto, lo consiglio", "it"),
        ("Muy buen producto, lo recomiendo", "es"),
        ("Zeer goed product, erg tevreden", "nl"),
        ("Bardzo dobry produkt, polecam", "pl"),
        ("Çok güzel bir ürün, tavsiye ederim", "tr"),
        ("Muito bom, recomendo o produto", "pt"),
        ("Отличный товар, рекомендую", "ru"),
        ("とても良い商品です", "ja"),
        ("منتج رائع", "ar"),
        ("😀😀", "und"),
        ("!!! 123", "und"),
        ("", "und"),
    ],
)
def test_other_languages(text: str, language: str) -> None:
    assert detect(text) == language


def test_another_language_is_not_analysed(read: Callable[..., Analysis]) -> None:
    result = read("The handle broke after two weeks, very disappointed.")
    assert (result.language, result.sentiment, result.mentions) == ("en", None, [])
    assert (result.recommend, result.loyalty, result.abstained) == ("none", "none", False)


def test_only_emoji_gets_an_answer(read: Callable[..., Analysis]) -> None:
    happy, unsure = read("👍😀"), read("🚲")
    assert happy.language == "und"
    assert happy.sentiment is not None
    assert happy.sentiment.label == "positive"
    assert unsure.sentiment is not None
    assert unsure.abstained

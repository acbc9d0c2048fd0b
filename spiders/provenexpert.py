"""The format of ProvenExpert's API v1, rating/get, as measured on recorded answers."""

from __future__ import annotations

import json
from typing import Any, Final

from kundenecho.errors import DataError, RetryError, SettingsError
from kundenecho.records import Feedback
from spiders.context import Context
from spiders.values import moment, number, quoted, rating_1_5, yes_no

#: Error codes that a change of settings mends.
_SETTINGS_CODES: Final = {"wrongPlan", "wrongCredentials", "wrongApiId", "wrongApiKey", "unauthorized"}


def read_ratings(body: bytes, where: str) -> dict[str, Any]:
    """The ratings of one answer by their id.

    Raises:
        SettingsError: The API says that plan or credentials do not allow it.
        RetryError: Any other error it reports, or an empty answer, as during its outages.
        DataError: The answer is not what is documented.
    """
    try:
        answer = json.loads(body)
    except ValueError:
        raise RetryError("the answer is empty or no JSON", where=where, remedy="Try later") from None
    if not isinstance(answer, dict) or not answer:
        raise RetryError("the answer is empty", where=where, remedy="Try later")
    if answer.get("status") != "success":
        raise _reported(answer.get("errors"), where)
    ratings = answer.get("ratings")
    # PHP writes an empty map as a list.
    if ratings == []:
        return {}
    if not isinstance(ratings, dict):
        raise DataError(
            "the answer has no ratings", where=where, remedy="The API has changed; the spider must learn it"
        )
    return ratings


def _reported(errors: Any, where: str) -> SettingsError | RetryError:
    codes = [str(code)[:60] for code in errors] if isinstance(errors, list) and errors else ["unknown"]
    what = f"the API reports: {', '.join(codes)}"
    if set(codes) & _SETTINGS_CODES:
        return SettingsError(what, where=where, remedy="Check plan and credentials of the account")
    return RetryError(what, where=where, remedy="Try later")


def to_feedback(context: Context, native_id: str, rating: Any, page: dict[str, Any]) -> Feedback:
    """One rating as a record; ``comment`` is the owner's reply, not the customer's.

    Args:
        context: Card, account, keyer and begin of the run.
        native_id: Id of the rating.
        rating: The rating as it came.
        page: Envelope of its page.

    Raises:
        ValueError: A value is not what is documented.
        DataError: The record is not allowed.
    """
    if not isinstance(rating, dict):
        raise ValueError("the rating is no object")
    if rating.get("status") != "published":
        raise ValueError(f"unknown state {str(rating.get('status'))[:20]!r}")
    card = context.card
    name = rater(rating)
    created = moment(rating.get("created"), card.time_zone)
    if created is None:
        raise ValueError("the rating has no time")
    value = number(rating.get("ratingValue"))
    key = context.keyer.account(card.name, name)
    return Feedback(
        source=card.name,
        account=context.account,
        native_id=native_id,
        kind=card.feedback_kind,
        text=_text(rating, "feedback"),
        created_at=created.at,
        created_precision=created.precision,
        collected_at=context.collected_at,
        raw_value=value,
        raw_min=card.rating_min,
        raw_max=card.rating_max,
        rating_1_5=rating_1_5(value, card.rating_min, card.rating_max, card.rating_best) if value is not None else None,
        would_recommend=yes_no(rating.get("recommendation")),
        author_key=key,
        author_name=name,
        reply=_text(rating, "comment"),
        raw=fragment(context, rating) if card.keep_raw else None,
        page=page,
        extra={"topic_code": rating["topicCode"]} if rating.get("topicCode") else {},
    )


def rater(rating: dict[str, Any]) -> str | None:
    """The rater's display name, None for an anonymous one."""
    user = rating.get("user")
    if not isinstance(user, dict) or user.get("anonymous"):
        return None
    return _text(user, "name")


def fragment(context: Context, rating: Any) -> Any:
    """The rating as it came, the rater keyed."""
    if not isinstance(rating, dict):
        return None
    key = context.keyer.account(context.card.name, rater(rating))
    return {**rating, "user": {"name": key} if key else {"anonymous": 1}}


def _text(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is {quoted(value)}, not text")
    return value or None

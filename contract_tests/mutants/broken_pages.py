"""Servers that break a promise about pages and tokens."""

from dataclasses import replace
from typing import Any

from contract_tests.mutants.entry import broken, times
from contract_tests.mutants.messages import Params, Query
from contract_tests.mutants.reference import Reference

_LIMIT, _MORE, _ENDS = "pagination.limit", "pagination.has-more", "pagination.walk-ends"
_UNKNOWN, _APP = "requests.unknown-app", "auth.token-stays-in-app"
_UNKNOWN, _APP = "requests.unknown-app", "auth.token-stays-in-app"
_ONCE, _SIZE, _KEEPS = "pagination.each-once", "pagination.any-page-size", "pagination.token-keeps-query"


def _later(change: Any) -> Any:
    """Change the query of the pages after the first."""
    return lambda self, params, fresh: change(Reference.resume(self, params, fresh))


def _app_of_token(self: Reference, params: Params, fresh: Query) -> Query:
    return replace(Reference.resume(self, params, fresh), app=self.decode(params["next_token"])["app"])


def _cut(change: Any) -> Any:
    return lambda self, rows, first, last: change(rows, first, last)


PAGES = (
    broken(
        "a page has one too many",
        _LIMIT,
        cut=_cut(lambda rows, first, last: rows[first : last + 1]),
        has_more=lambda self, total, last, query: last + 1 < total,
        next_position=lambda self, last: last + 1,
    ),
    broken(
        "days come on one page",
        _LIMIT,
        size=lambda self, query, total: 10**6 if query.interval == "day" else query.limit,
    ),
    broken(
        "the first page decides the size of the others",
        _LIMIT,
        size=lambda self, query, total: max(query.limit, query.position),
    ),
    broken(
        "later pages have the default size",
        _LIMIT,
        size=lambda self, query, total: max(100, query.limit) if query.position else query.limit,
    ),
    broken(
        "later pages of days have the default size",
        _LIMIT,
        size=lambda self, query, total: (
            max(100, query.limit) if query.position and query.interval == "day" else query.limit
        ),
    ),
    broken(
        "pages of more than ten and less than 99 lack a record",
        (_SIZE, _ONCE),
        cut=_cut(lambda rows, first, last: rows[first : last - 1] if 13 < last - first < 99 else rows[first:last]),
    ),
    broken(
        "large pages but the greatest overlap",
        (_SIZE, _ONCE),
        next_position=lambda self, last: last - 1 if 100 < last < 400 or 400 < last < 1000 else last,
    ),
    broken("pages have at least ten records", _LIMIT, size=lambda self, query, total: max(10, query.limit)),
    broken(
        "a limit over 500 is none", _LIMIT, size=lambda self, query, total: 10**6 if query.limit > 500 else query.limit
    ),
    broken(
        "the pages after the fifth are lost",
        (_MORE, _ONCE, _SIZE),
        has_more=lambda self, total, last, query: last < min(total, 5 * query.limit),
    ),
    broken(
        "the fifth page leads back to the first",
        _ENDS,
        has_more=lambda self, total, last, query: last < total or last >= 5 * query.limit,
        encode=lambda self, query, position: Reference.encode(
            self, query, position if position < 5 * query.limit else query.limit
        ),
    ),
    broken("has_more without a token", _MORE, envelope=lambda self, body, query: body | {"next_token": None}),
    broken("a token without has_more", _MORE, envelope=lambda self, body, query: body | {"has_more": False}),
    broken("has_more on the last page", _MORE, envelope=lambda self, body, query: body | {"has_more": True}),
    broken("has_more where a page is just full", _MORE, has_more=lambda self, total, last, query: last <= total),
    broken(
        "has_more where a hundred is just full",
        _MORE,
        has_more=lambda self, total, last, query: last < total or (last == total and query.limit == 100),
    ),
    broken(
        "no has_more where one is left",
        (_MORE, _ONCE, _SIZE),
        has_more=lambda self, total, last, query: last + 1 < total,
    ),
    broken(
        "no more after the second page",
        (_MORE, _ONCE, _SIZE),
        has_more=lambda self, total, last, query: last < total and query.position < query.limit,
    ),
    broken("the token leads to the first page", (_ENDS, _ONCE), next_position=lambda self, last: 0),
    broken(
        "the last page leads to itself",
        (_ENDS, _ONCE, _MORE),
        has_more=lambda self, total, last, query: True,
        next_position=lambda self, last: last,
    ),
    broken(
        "tokens beside a query are refused",
        (_ENDS, _KEEPS),
        params=lambda self, params: (
            params if "next_token" not in params or "start" not in params else {"next_token": "no"}
        ),
    ),
    broken(
        "the second token is refused",
        _ENDS,
        resume=lambda self, params, fresh: Reference.resume(
            self,
            params if Reference.resume(self, params, fresh).position == fresh.limit else {"next_token": "no"},
            fresh,
        ),
    ),
    broken(
        "a period at the joint comes twice",
        _ONCE,
        next_position=lambda self, last: last - 1 if last > 1 else last,
    ),
    broken("a period at the joint is left out", (_ONCE, _SIZE), next_position=lambda self, last: last + 1),
    broken(
        "the last page is left out",
        (_ONCE, _SIZE, _MORE),
        has_more=lambda self, total, last, query: (
            last + query.limit < total or (last < total and query.position == 0 and last + query.limit <= total)
        ),
    ),
    broken(
        "a period is left out where the clock repeats",
        (_ONCE, _SIZE),
        cut=_cut(lambda rows, first, last: [row for row in rows[first:last] if first == 0 or row.start.hour != 1]),
    ),
    broken(
        "pages of less than four have half the traffic",
        (_SIZE, _ONCE),
        cut=_cut(
            lambda rows, first, last: (
                [replace(row, counts=times(0.5)(row.counts)) for row in rows[first:last]]
                if last - first < 4
                else rows[first:last]
            )
        ),
    ),
    broken(
        "later pages have more traffic",
        (_ONCE, _SIZE, _MORE),
        cut=_cut(
            lambda rows, first, last: (
                [replace(row, counts=times(2)(row.counts)) for row in rows[first:last]] if first else rows[first:last]
            )
        ),
    ),
    broken(
        "pages of 99 lack a record",
        (_SIZE, _ONCE),
        cut=_cut(lambda rows, first, last: rows[first : last - 1] if last - first == 99 else rows[first:last]),
    ),
    broken(
        "the token decides the app",
        _APP,
        check_token=lambda self, content, fresh: None,
        resume=_app_of_token,
    ),
    broken(
        "the token decides the app where nothing else is given",
        _APP,
        check_token=lambda self, content, fresh: None,
        resume=lambda self, params, fresh: (
            Reference.resume(self, params, fresh) if "start" in params else _app_of_token(self, params, fresh)
        ),
    ),
    broken(
        "the token decides the app, and the app is not looked up",
        _UNKNOWN,
        check_app=lambda self, text, params: (
            None if "next_token" in params and "start" in params else Reference.check_app(self, text, params)
        ),
        check_token=lambda self, content, fresh: None,
        resume=_app_of_token,
    ),
    broken(
        "an unknown app with a token alone has the pages of the token",
        _UNKNOWN,
        check_app=lambda self, text, params: (
            None
            if "next_token" in params and not params.keys() & {"start", "interval"}
            else Reference.check_app(self, text, params)
        ),
        check_token=lambda self, content, fresh: None,
        resume=_app_of_token,
    ),
    broken(
        "an unknown app with a token is empty",
        _UNKNOWN,
        check_app=lambda self, text, params: (
            None if "next_token" in params else Reference.check_app(self, text, params)
        ),
        check_token=lambda self, content, fresh: None,
        envelope=lambda self, body, query: (
            body
            if query.app in {self.app_id, *self.other_app_ids}
            else {"data": [], "has_more": False, "next_token": None}
        ),
    ),
    broken("the token loses the environment", _KEEPS, resume=_later(lambda query: replace(query, env=None))),
    broken("the token loses the consumer", _KEEPS, resume=_later(lambda query: replace(query, consumer=None))),
    broken("the token loses the zone", _KEEPS, resume=_later(lambda query: replace(query, zone="UTC"))),
    broken("the token loses the interval", _KEEPS, resume=_later(lambda query: replace(query, interval="hour"))),
)

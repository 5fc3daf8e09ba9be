"""Tokens: unguessable, stored as digests, and CSRF tokens that belong to one session."""

from server.security.tokens import csrf_matches, csrf_token, digest, draw_token, matches


def test_tokens_are_long_and_never_the_same() -> None:
    drawn = {draw_token() for _ in range(100)}

    assert len(drawn) == 100
    assert all(len(token) >= 43 for token in drawn)


def test_only_the_token_matches_its_digest() -> None:
    """The digest itself does not, nor does anything match a key that was never given."""
    token = draw_token()

    assert matches(token, digest(token))
    assert not matches(digest(token), digest(token))
    assert not matches("", "")
    assert not matches(token, "")


def test_csrf_token_belongs_to_its_session_and_tells_nothing_of_it() -> None:
    """Not even one that is no ASCII raises anything."""
    mine, other = draw_token(), draw_token()

    assert csrf_matches(mine, csrf_token(mine))
    assert not csrf_matches(mine, csrf_token(other))
    assert not csrf_matches(mine, "")
    assert not csrf_matches(mine, "校")
    assert mine not in csrf_token(mine)

"""Issuing tokens: what the token endpoint asks of sessions, codes and refresh tokens, in one transaction."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from services.auth.domain import session as rules
from services.auth.domain.names import MerchantId
from services.auth.domain.session import (
    AuthorizationCode,
    EndReason,
    RefreshToken,
    Session,
    Subject,
    Verdict,
)
from services.auth.oauth.claims import access_claims
from services.auth.oauth.exchange import NotAMember
from services.auth.store import challenges, members, sessions
from services.auth.usecases.deps import digest, new_secret
from services.kit.db import become
from services.kit.ids import InvalidId, from_text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.names import AccountId
    from services.auth.keys import Signer
    from services.auth.oauth.endpoint import Answer, TokenEndpoint
    from services.auth.usecases.deps import Deps


def issue_token(deps: Deps, *, endpoint: TokenEndpoint, content_type: str, body: bytes) -> Answer:
    """Answers a token request. Refusals are answers, so that what a refusal writes (a session's end) is committed."""
    signer = deps.keys.signer()
    with deps.db.transaction() as tx:
        return endpoint.answer(content_type=content_type, body=body, exchange=_Exchange(tx, deps, signer))


class _Exchange:
    """Implements services.auth.oauth.exchange.Exchange."""

    def __init__(self, tx: Connection, deps: Deps, signer: Signer) -> None:
        self._tx = tx
        self._deps = deps
        self._signer = signer
        self._now: datetime = deps.clock.now()

    def find_code(self, secret: str, client_id: str) -> AuthorizationCode | None:
        code = challenges.load_code(self._tx, digest=digest(secret))
        if code is None or code.client_id != client_id:
            return None
        become(self._tx, account=code.account_id)
        if code.use_time is not None:
            self._end(code.account_id, code, EndReason.CODE_REUSED)
            return None
        return code if self._now < code.expire_time else None

    def find_refresh_token(self, secret: str, client_id: str) -> tuple[RefreshToken, Session] | None:
        token = sessions.load_refresh_token(self._tx, digest=digest(secret))
        if token is None or token.client_id != client_id:
            return None
        become(self._tx, account=token.account_id)
        session = sessions.load(self._tx, token.account_id, token.session_id)
        if session is None or not session.alive(self._now):
            return None
        return (token, session) if self._judge(secret, token) is Verdict.GOOD else None

    def subject_of_code(self, code: AuthorizationCode, merchant: str | None) -> Subject:
        session = Session(
            id=code.session_id,
            account_id=code.account_id,
            client_id=code.client_id,
            device_name=code.device_name,
            granted=code.granted,
            auth_time=code.auth_time,
            last_use_time=self._now,
            expire_time=self._now + rules.IDLE_FOR,
        )
        return self._subject(session, _merchant_id(merchant) if merchant else None)

    def subject_of_refresh_token(self, token: RefreshToken, session: Session, merchant: str | None) -> Subject:
        if merchant is None:
            return self._subject(session, token.merchant_id)
        return self._subject(session, _merchant_id(merchant) if merchant else None)

    def access_token(self, subject: Subject, scopes: frozenset[str]) -> str:
        deps = self._deps
        return self._signer.sign(
            access_claims(
                subject,
                scopes=scopes,
                issuer=deps.issuer,
                audience=deps.audience,
                token_id=deps.ids.new(),
                now=self._now,
            )
        )

    def redeem_code(self, code: AuthorizationCode, subject: Subject) -> str | None:
        if not challenges.use_code(self._tx, digest=code.digest, now=self._now):
            self._end(code.account_id, code, EndReason.CODE_REUSED)
            return None
        secret = new_secret()
        sessions.create(self._tx, code.account_id, session=subject.session)
        self._add_member(subject, secret)
        return secret

    def rotate(self, secret: str, token: RefreshToken, subject: Subject) -> str | None:
        successor = self._successor(secret)
        if sessions.use_refresh_token(self._tx, token.account_id, digest=token.digest, now=self._now):
            self._add_member(subject, successor)
        else:
            # Someone was faster. Within the grace they and we get the same successor.
            used = sessions.load_refresh_token(self._tx, digest=token.digest)
            if used is None or self._judge(secret, used) is not Verdict.GOOD:
                return None
        alive = sessions.touch(
            self._tx,
            token.account_id,
            token.session_id,
            now=self._now,
            expire_time=self._now + rules.IDLE_FOR,
        )
        return successor if alive else None

    def _judge(self, secret: str, token: RefreshToken) -> Verdict:
        successor = None
        if token.use_time is not None:
            successor = sessions.load_refresh_token(self._tx, digest=digest(self._successor(secret)))
        verdict = rules.judge(
            token, successor_used=successor is not None and successor.use_time is not None, now=self._now
        )
        if verdict is Verdict.STOLEN:
            self._end(token.account_id, token, EndReason.REFRESH_REUSED)
        return verdict

    def _successor(self, secret: str) -> str:
        """The refresh token after `secret`: derived from it, so that a repeat gets the same one and none is kept."""
        derived = self._deps.vault.index("refresh_tokens.successor", secret)
        return base64.urlsafe_b64encode(derived).decode().rstrip("=")

    def _add_member(self, subject: Subject, secret: str) -> None:
        session = subject.session
        token = RefreshToken(
            digest=digest(secret),
            account_id=session.account_id,
            session_id=session.id,
            client_id=session.client_id,
            merchant_id=subject.merchant_id,
        )
        sessions.create_refresh_token(self._tx, session.account_id, token=token, now=self._now)

    def _subject(self, session: Session, merchant_id: MerchantId | None) -> Subject:
        if merchant_id is None:
            return Subject(session=session, merchant_id=None, role=None)
        role = members.load_role(self._tx, merchant_id, session.account_id)
        if role is None:
            raise NotAMember
        return Subject(session=session, merchant_id=merchant_id, role=role)

    def _end(self, account_id: AccountId, of: AuthorizationCode | RefreshToken, reason: EndReason) -> None:
        sessions.end(self._tx, account_id, of.session_id, reason=reason, now=self._now)


def _merchant_id(text: str) -> MerchantId:
    try:
        return MerchantId(from_text("mer", text))
    except InvalidId as error:
        raise NotAMember from error

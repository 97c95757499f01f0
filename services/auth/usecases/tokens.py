"""Issuing tokens: what the token endpoint asks of clients, sessions, codes and refresh tokens, in one transaction."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

from services.auth.clients import SecurityEvent
from services.auth.domain import session as rules
from services.auth.domain.audit import Action
from services.auth.domain.session import (
    AuthorizationCode,
    EndReason,
    RefreshToken,
    Session,
    Subject,
    Verdict,
)
from services.auth.oauth.answers import Answer, Refused
from services.auth.oauth.claims import access_claims, id_claims
from services.auth.oauth.form import parse
from services.auth.places import place_of
from services.auth.store import challenges, device_grants, sessions
from services.auth.usecases import audit, authorizations, device_polls, failures, notices, support_tokens, tenants
from services.auth.usecases.client_auth import authenticate
from services.auth.usecases.deps import digest, network, new_secret
from services.auth.usecases.proofs import proven
from services.kit.db import become
from services.kit.ids import to_text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.client import Client
    from services.auth.domain.device import DeviceGrant
    from services.auth.domain.names import AccountId
    from services.auth.keys import Signer
    from services.auth.oauth.endpoint import TokenEndpoint
    from services.auth.oauth.received import Received
    from services.auth.usecases.deps import Deps


def issue_token(deps: Deps, *, endpoint: TokenEndpoint, received: Received) -> Answer:
    """Answers a token request. Refusals are answers, so that what a refusal writes (a session's end) is committed."""
    return failures.counted(deps, lambda: _issue(deps, endpoint, received))


def _issue(deps: Deps, endpoint: TokenEndpoint, received: Received) -> Answer:
    try:
        received = proven(deps, received)
        form = parse(received.content_type, received.body)
    except Refused as refused:
        return refused.answer()
    signer = deps.keys.signer()
    with deps.db.transaction() as tx:
        return endpoint.answer(form=form, exchange=_Exchange(tx, deps, signer, received, form))


class _Exchange:
    """Implements services.auth.oauth.exchange.Exchange."""

    def __init__(self, tx: Connection, deps: Deps, signer: Signer, received: Received, form: dict[str, str]) -> None:
        self._tx = tx
        self._deps = deps
        self._signer = signer
        self._received = received
        self._form = form
        self._now: datetime = deps.clock.now()

    def authenticate_client(self) -> Client:
        return authenticate(self._tx, self._deps, received=self._received, form=self._form)

    def find_code(self, secret: str, client: Client) -> AuthorizationCode | None:
        code = challenges.load_code(self._tx, digest=digest(secret))
        if code is None or code.client_id != client.id:
            return None
        become(self._tx, account=code.account_id)
        if code.use_time is not None:
            self._end(code, EndReason.CODE_REUSED)
            return None
        if self._now >= code.expire_time:
            return None
        self._same_key(code.dpop_jkt)
        return code

    def find_refresh_token(self, secret: str, client: Client) -> tuple[RefreshToken, Session] | None:
        token = sessions.load_refresh_token(self._tx, digest=digest(secret))
        if token is None or token.client_id != client.id:
            return None
        become(self._tx, account=token.account_id)
        session = sessions.load(self._tx, token.account_id, token.session_id)
        if session is None or not session.alive(self._now):
            return None
        self._same_key(session.dpop_jkt)
        return (token, session) if self._judge(secret, token) is Verdict.GOOD else None

    def find_device(self, secret: str, client: Client) -> DeviceGrant:
        return device_polls.poll(self._tx, client_id=client.id, secret=secret, now=self._now)

    def subject_of_code(self, code: AuthorizationCode, client: Client, merchant: str | None) -> Subject:
        session = Session(
            id=code.session_id,
            account_id=code.account_id,
            client_id=code.client_id,
            device_name=code.device_name,
            granted=code.granted,
            auth_time=code.auth_time,
            last_use_time=self._now,
            expire_time=self._now + rules.IDLE_FOR,
            methods=code.methods,
            dpop_jkt=self._received.jkt if client.public else "",
        )
        return self._subject(session, client, merchant or "")

    def subject_of_refresh_token(
        self, token: RefreshToken, session: Session, client: Client, merchant: str | None
    ) -> Subject:
        if merchant is None:
            merchant = to_text("mer", token.merchant_id) if token.merchant_id else ""
        return self._subject(session, client, merchant)

    def subject_of_device(self, grant: DeviceGrant, client: Client) -> Subject:
        approval = device_polls.approved(grant)
        become(self._tx, account=approval.account_id)
        session = Session(
            id=approval.session_id,
            account_id=approval.account_id,
            client_id=client.id,
            device_name=client.display_name or client.id,
            granted=grant.granted,
            auth_time=approval.auth_time,
            last_use_time=self._now,
            expire_time=self._now + rules.IDLE_FOR,
            methods=approval.methods,
            dpop_jkt=self._received.jkt if client.public else "",
        )
        return self._subject(session, client, to_text("mer", approval.merchant_id) if approval.merchant_id else "")

    def subject_of_client(self, client: Client, merchant: str | None) -> Subject:
        return Subject(
            client=client,
            session=None,
            tenant=tenants.of_client(client, merchant),
            jkt=self._received.jkt,
        )

    def subject_of_staff(self, client: Client, token: str, merchant: str | None) -> Subject:
        return support_tokens.subject(
            self._tx, self._deps, client=client, token=token, merchant=merchant or "", jkt=self._received.jkt
        )

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

    def lifetime(self, subject: Subject) -> int:
        return int((subject.ends(self._now) - self._now).total_seconds())

    def id_token(self, subject: Subject, *, nonce: str, access_token: str) -> str | None:
        session = subject.session
        if session is None or "openid" not in session.granted & subject.client.scopes:
            return None
        claims = id_claims(
            session,
            client_id=subject.client.id,
            issuer=self._deps.issuer,
            nonce=nonce,
            access_token=access_token,
            now=self._now,
        )
        return self._signer.sign_id(claims)

    def redeem_code(self, code: AuthorizationCode, subject: Subject) -> str | None:
        if not challenges.use_code(self._tx, digest=code.digest, now=self._now):
            self._end(code, EndReason.CODE_REUSED)
            return None
        return self._start(subject)

    def redeem_device(self, grant: DeviceGrant, subject: Subject) -> str | None:
        return self._start(subject) if device_grants.use(self._tx, digest=grant.digest, now=self._now) else None

    def rotate(self, secret: str, token: RefreshToken, subject: Subject) -> str | None:
        successor = self._successor(secret)
        if sessions.use_refresh_token(self._tx, token.account_id, digest=token.digest, now=self._now):
            self._add_member(subject, token.account_id, successor)
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
            place=place_of(network()),
        )
        return successor if alive else None

    def _start(self, subject: Subject) -> str | None:
        """The first refresh token of a session that begins."""
        session = subject.session
        if session is None:
            return None
        secret = new_secret()
        place = place_of(network())
        session = replace(session, network=place.network, country_code=place.country_code)
        if not sessions.is_familiar(
            self._tx, session.account_id, device_name=session.device_name, country_code=session.country_code
        ):
            notices.tell(self._tx, self._deps, session.account_id, SecurityEvent.NEW_DEVICE)
        sessions.create(self._tx, session.account_id, session=session)
        self._add_member(subject, session.account_id, secret)
        return secret

    def _same_key(self, jkt: str) -> None:
        """Raises Refused unless the key is proven that something is bound to."""
        if jkt and jkt != self._received.jkt:
            raise Refused("invalid_dpop_proof", "This is bound to a key that was not proven.")

    def _judge(self, secret: str, token: RefreshToken) -> Verdict:
        successor = None
        if token.use_time is not None:
            successor = sessions.load_refresh_token(self._tx, digest=digest(self._successor(secret)))
        verdict = rules.judge(
            token, successor_used=successor is not None and successor.use_time is not None, now=self._now
        )
        if verdict is Verdict.STOLEN:
            self._end(token, EndReason.REFRESH_REUSED)
        return verdict

    def _successor(self, secret: str) -> str:
        """The refresh token after `secret`: derived from it, so that a repeat gets the same one and none is kept."""
        derived = self._deps.vault.index("refresh_tokens.successor", secret)
        return base64.urlsafe_b64encode(derived).decode().rstrip("=")

    def _add_member(self, subject: Subject, account_id: AccountId, secret: str) -> None:
        session = subject.session
        if session is None:
            return
        token = RefreshToken(
            digest=digest(secret),
            account_id=account_id,
            session_id=session.id,
            client_id=session.client_id,
            merchant_id=subject.merchant_id,
        )
        sessions.create_refresh_token(self._tx, account_id, token=token, now=self._now)

    def _subject(self, session: Session, client: Client, merchant: str) -> Subject:
        if not authorizations.still_allowed(self._tx, session.account_id, client):
            raise Refused("invalid_grant", "The person has taken back what they allowed.")
        tenant = tenants.of_person(self._tx, session.account_id, client, merchant) if merchant else None
        return Subject(client=client, session=session, tenant=tenant, jkt=self._received.jkt)

    def _end(self, of: AuthorizationCode | RefreshToken, reason: EndReason) -> None:
        """Someone has a copy: the session ends, once, and its person hears of it."""
        if not sessions.end(self._tx, of.account_id, of.session_id, reason=reason, now=self._now):
            return
        action = Action.CODE_REUSED if reason is EndReason.CODE_REUSED else Action.REFRESH_REUSED
        audit.note(
            self._tx,
            self._deps,
            action,
            account=of.account_id,
            client=of.client_id,
            target=to_text("ses", of.session_id),
        )
        notices.tell(self._tx, self._deps, of.account_id, SecurityEvent.SESSION_STOLEN)

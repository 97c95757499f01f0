"""The peer's API. `gunicorn 'bench.peers.flask_orm.app:create_app()'` with PEER_DATABASE_URL and PEER_JWKS."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from flask import Flask, Response, g, jsonify, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import create_engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from bench.peers.flask_orm.models import (
    Bill,
    BillLine,
    Idempotency,
    NumberSeries,
    Outbox,
    Payment,
    PaymentLeg,
    Posting,
)

_RATES = {"GST18": Decimal(18), "GST5": Decimal(5), "TAX_EXEMPT": Decimal(0)}
_APRIL = 4


class Input(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class LineInput(Input):
    """One line of a draft."""

    description: str = Field(min_length=1, max_length=200)
    quantity: Decimal = Field(gt=0, lt=10_000_000, decimal_places=3)
    unit_price_minor: int = Field(ge=0, le=10**14)
    tax_code: Literal["GST18", "GST5", "TAX_EXEMPT"] = "GST18"


class BillInput(Input):
    """A draft."""

    customer_id: uuid.UUID
    lines: list[LineInput] = Field(min_length=1, max_length=500)


class LegInput(Input):
    """One leg of a payment."""

    method: Literal["upi", "card", "cash"]
    amount_minor: int = Field(gt=0, le=10**14)
    utr: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]{12,22}$")
    card_last_four: str | None = Field(default=None, pattern=r"^[0-9]{4}$")


class PaymentInput(Input):
    """A payment."""

    legs: list[LegInput] = Field(min_length=1, max_length=20)


class Refusal(Exception):
    """An answer that is not 2xx."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def create_app() -> Flask:
    """The WSGI application."""
    app = Flask(__name__)
    engine = create_engine(os.environ["PEER_DATABASE_URL"], pool_size=10, max_overflow=0)
    sessions = sessionmaker(engine, expire_on_commit=False)
    keys = KeySet.import_key_set(json.loads(os.environ["PEER_JWKS"]))
    registry = jwt.JWTClaimsRegistry(exp={"essential": True}, aud={"essential": True, "value": "billmesh"})

    @app.before_request
    def authenticate() -> None:
        header = request.headers.get("Authorization", "")
        if not header.startswith("Bearer "):
            raise Refusal(401, "TOKEN_MISSING")
        try:
            token = jwt.decode(header[7:], keys, algorithms=["ES256"])
            registry.validate(token.claims)
        except (JoseError, ValueError) as error:
            raise Refusal(401, "TOKEN_INVALID") from error
        # The token's merchant id is text of our making; the peer keys its rows by a UUID, as it would.
        g.merchant_id = uuid.uuid5(uuid.NAMESPACE_URL, token.claims["tid"])

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> tuple[Response, int]:
        return jsonify({"reason": error.reason}), error.status

    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> tuple[Response, int]:
        return jsonify({"reason": "INVALID_REQUEST", "fields": json.loads(error.json(include_url=False))}), 400

    @app.post("/v1/bills")
    def create_bill() -> dict[str, Any]:
        body = BillInput.model_validate_json(request.get_data())
        with sessions.begin() as session:
            return _once(session, lambda: _create_bill(session, body))

    @app.post("/v1/bills/<uuid:bill_id>/issue")
    def issue_bill(bill_id: uuid.UUID) -> dict[str, Any]:
        with sessions.begin() as session:
            return _once(session, lambda: _issue_bill(session, bill_id))

    @app.post("/v1/bills/<uuid:bill_id>/payments")
    def record_payment(bill_id: uuid.UUID) -> dict[str, Any]:
        body = PaymentInput.model_validate_json(request.get_data())
        with sessions.begin() as session:
            return _once(session, lambda: _record_payment(session, bill_id, body))

    return app


def _once(session: Session, effect: Any) -> dict[str, Any]:
    """The effect's answer, or the one given before for the same Idempotency-Key."""
    key = uuid.UUID(request.headers["Idempotency-Key"])
    fingerprint = hashlib.sha256(request.path.encode() + request.get_data()).hexdigest()
    values = {"merchant_id": g.merchant_id, "request_id": key, "fingerprint": fingerprint}
    claimed = session.execute(
        insert(Idempotency).values(values).on_conflict_do_nothing().returning(Idempotency.request_id)
    )
    record = session.get_one(Idempotency, (g.merchant_id, key))
    if claimed.first() is None:
        if record.fingerprint != fingerprint:
            raise Refusal(400, "REQUEST_ID_REUSED")
        return dict(record.response or {})
    answer: dict[str, Any] = effect()
    record.response = answer
    return answer


def _create_bill(session: Session, body: BillInput) -> dict[str, Any]:
    lines = []
    for position, line in enumerate(body.lines):
        net = _round(line.quantity * line.unit_price_minor)
        half = _round(Decimal(net) * _RATES[line.tax_code] / 2 / 100)
        lines.append(BillLine(position=position, net_minor=net, tax_minor=2 * half, **line.model_dump()))
    net, tax = sum(line.net_minor for line in lines), sum(line.tax_minor for line in lines)
    bill = Bill(
        merchant_id=g.merchant_id,
        customer_id=body.customer_id,
        net_minor=net,
        tax_minor=tax,
        total_minor=net + tax,
        lines=lines,
    )
    session.add(bill)
    session.flush()
    return _bill(bill)


def _issue_bill(session: Session, bill_id: uuid.UUID) -> dict[str, Any]:
    bill = _load(session, bill_id)
    if bill.state != "DRAFT":
        raise Refusal(400, "BILL_LOCKED")
    now = datetime.now(UTC)
    first = now.year if now.month >= _APRIL else now.year - 1
    year = f"{first % 100:02}-{(first + 1) % 100:02}"
    values = {"merchant_id": g.merchant_id, "financial_year": year, "last": 1}
    statement = insert(NumberSeries).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["merchant_id", "financial_year"], set_={"last": NumberSeries.last + 1}
    )
    number = session.execute(statement.returning(NumberSeries.last)).scalar_one()
    bill.number, bill.state, bill.issue_time = f"INV/{year}/{number:06}", "ISSUED", now
    _post(session, {"receivable": bill.total_minor, "sales": -bill.net_minor, "tax": -bill.tax_minor})
    session.add(Outbox(topic="bill.issued", payload={"bill_id": str(bill.id)}))
    session.flush()
    return _bill(bill)


def _record_payment(session: Session, bill_id: uuid.UUID, body: PaymentInput) -> dict[str, Any]:
    bill = _load(session, bill_id)
    if bill.state not in {"ISSUED", "PARTLY_PAID"}:
        raise Refusal(400, "BILL_NOT_ISSUED")
    payment = Payment(merchant_id=g.merchant_id, bill_id=bill.id)
    outstanding = bill.total_minor - bill.settled_minor
    received: dict[str, int] = {}
    for position, leg in enumerate(body.legs):
        outstanding = max(0, outstanding - leg.amount_minor)
        received[leg.method] = received.get(leg.method, 0) + leg.amount_minor
        payment.legs.append(
            PaymentLeg(
                position=position, merchant_id=g.merchant_id, outstanding_after_minor=outstanding, **leg.model_dump()
            )
        )
    settled = bill.total_minor - bill.settled_minor - outstanding
    credit = sum(received.values()) - settled
    bill.settled_minor += settled
    bill.state = "PAID" if outstanding == 0 else "PARTLY_PAID"
    _post(session, {**received, "receivable": -settled, **({"customer_credit": -credit} if credit else {})})
    session.add(payment)
    session.add(Outbox(topic="payment.received", payload={"bill_id": str(bill.id)}))
    session.flush()
    legs = [{"method": leg.method, "outstanding_after_minor": leg.outstanding_after_minor} for leg in payment.legs]
    return {"id": str(payment.id), "bill_id": str(bill.id), "state": bill.state, "legs": legs}


def _load(session: Session, bill_id: uuid.UUID) -> Bill:
    statement = select(Bill).where(Bill.merchant_id == g.merchant_id, Bill.id == bill_id).with_for_update()
    bill = session.execute(statement).scalar_one_or_none()
    if bill is None:
        raise Refusal(404, "BILL_NOT_FOUND")
    return bill


def _post(session: Session, amounts: dict[str, int]) -> None:
    entry = uuid.uuid4()
    session.add_all(
        Posting(merchant_id=g.merchant_id, entry_id=entry, account=account, amount_minor=amount)
        for account, amount in amounts.items()
    )


def _bill(bill: Bill) -> dict[str, Any]:
    lines = [
        {
            "description": line.description,
            "quantity": str(line.quantity),
            "unit_price_minor": line.unit_price_minor,
            "tax_code": line.tax_code,
            "net_minor": line.net_minor,
            "tax_minor": line.tax_minor,
        }
        for line in bill.lines
    ]
    return {
        "id": str(bill.id),
        "state": bill.state,
        "number": bill.number,
        "currency": bill.currency,
        "net_minor": bill.net_minor,
        "tax_minor": bill.tax_minor,
        "total_minor": bill.total_minor,
        "outstanding_minor": bill.total_minor - bill.settled_minor,
        "due": (bill.create_time + timedelta(days=15)).date().isoformat(),
        "lines": lines,
    }


def _round(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))

"""Tables of the peer: a merchant's customers, bills, payments, ledger, numbers, idempotency keys and an outbox."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def _now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Declarative base."""


class Customer(Base):
    """Who owes."""

    __tablename__ = "customers"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    merchant_id: Mapped[uuid.UUID] = mapped_column(index=True)
    display_name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(20))


class Bill(Base):
    """A bill; amounts in minor units."""

    __tablename__ = "bills"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    merchant_id: Mapped[uuid.UUID] = mapped_column()
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    state: Mapped[str] = mapped_column(String(20), default="DRAFT")
    number: Mapped[str | None] = mapped_column(String(32))
    currency: Mapped[str] = mapped_column(String(3), default="INR")
    net_minor: Mapped[int] = mapped_column(BigInteger)
    tax_minor: Mapped[int] = mapped_column(BigInteger)
    total_minor: Mapped[int] = mapped_column(BigInteger)
    settled_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    create_time: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=_now)
    issue_time: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lines: Mapped[list[BillLine]] = relationship(order_by="BillLine.position", cascade="all, delete-orphan")
    __table_args__ = (
        Index("bills_by_merchant", "merchant_id", "create_time"),
        UniqueConstraint("merchant_id", "number"),
    )


class BillLine(Base):
    """One line with its taxes."""

    __tablename__ = "bill_lines"
    bill_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bills.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    description: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[Decimal] = mapped_column(Numeric(14, 3))
    unit_price_minor: Mapped[int] = mapped_column(BigInteger)
    tax_code: Mapped[str] = mapped_column(String(32))
    net_minor: Mapped[int] = mapped_column(BigInteger)
    tax_minor: Mapped[int] = mapped_column(BigInteger)


class NumberSeries(Base):
    """The last number given, per merchant and financial year."""

    __tablename__ = "number_series"
    merchant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    financial_year: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger, default=0)


class Payment(Base):
    """Money for a bill."""

    __tablename__ = "payments"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    merchant_id: Mapped[uuid.UUID] = mapped_column(index=True)
    bill_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bills.id"), index=True)
    create_time: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=_now)
    legs: Mapped[list[PaymentLeg]] = relationship(order_by="PaymentLeg.position", cascade="all, delete-orphan")


class PaymentLeg(Base):
    """One way in which a part of it came."""

    __tablename__ = "payment_legs"
    payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[uuid.UUID] = mapped_column()
    method: Mapped[str] = mapped_column(String(16))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    outstanding_after_minor: Mapped[int] = mapped_column(BigInteger)
    utr: Mapped[str | None] = mapped_column(String(22))
    card_last_four: Mapped[str | None] = mapped_column(String(4))
    __table_args__ = (UniqueConstraint("merchant_id", "utr"),)


class Posting(Base):
    """One side of a ledger entry."""

    __tablename__ = "postings"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    merchant_id: Mapped[uuid.UUID] = mapped_column(index=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(index=True)
    account: Mapped[str] = mapped_column(String(32))
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class Idempotency(Base):
    """Answers to be given again."""

    __tablename__ = "idempotency"
    merchant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    request_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    response: Mapped[dict[str, object] | None] = mapped_column(JSON)


class Outbox(Base):
    """Work for later: an SMS to send."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, object]] = mapped_column(JSON)

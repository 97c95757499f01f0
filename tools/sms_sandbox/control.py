"""What tests and demos may ask of the sandbox: faults, outcomes, holds, a clean slate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from tools.sms_sandbox.store import Store

FaultKind = Literal[
    # 429 with code 20429, and Retry-After if `retry_after` is given. Not taken.
    "reject_429",
    # 500 with code 20500, 503 with 20503. Not taken.
    "error_500",
    "unavailable_503",
    # 400 with `code`. Not taken.
    "refuse",
    # Taken, and answered 500 all the same.
    "error_500_after_accept",
    # The connection ends without an answer: not taken, or taken.
    "drop_before_accept",
    "drop_after_accept",
    # Answered after `seconds`.
    "delay",
    # E-mail only: refused with `code` once the content is there. `refuse` does it at the recipient.
    "refuse_content",
]
# Faults that SMTP can play; each needs to be told for which address.
_BY_EMAIL = frozenset(("refuse", "refuse_content", "drop_before_accept", "drop_after_accept", "delay"))
_SMTP_CODES = range(400, 600)
# The code that goes with an end when none is asked for: unreachable handset, unknown error.
_USUAL_ERROR = {"undelivered": 30003, "failed": 30008}
_Phone = Annotated[str, Field(pattern=r"^\+[0-9]{1,15}$")]
_Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$"), AfterValidator(str.lower)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FaultOrder(_Strict):
    """A fault at the next `times` creations of an SMS, to `to` or to anyone; or at the next `times` mails to `to`."""

    kind: FaultKind
    times: Annotated[int, Field(ge=1, le=1000)] = 1
    to: _Phone | _Address | None = None
    retry_after: Annotated[float, Field(ge=0, le=3600)] | None = None
    seconds: Annotated[float, Field(ge=0, le=60)] | None = None
    # Twilio's, or that of SMTP.
    code: Annotated[int, Field(ge=20000, le=69999)] | Annotated[int, Field(ge=400, le=599)] | None = None

    @model_validator(mode="after")
    def _fits_its_channel(self) -> Self:
        by_email = self.to is not None and "@" in self.to
        if by_email and self.kind not in _BY_EMAIL:
            raise ValueError(f"{self.kind} is no fault of e-mail")
        if self.kind == "refuse_content" and not by_email:
            raise ValueError("refuse_content is a fault of e-mail: say to which address")
        if self.code is not None and (self.code in _SMTP_CODES) != by_email:
            raise ValueError("code does not belong to the channel")
        return self


class OutcomeOrder(_Strict):
    """How messages to `to` end from now on; "sent": nothing is ever heard again."""

    to: _Phone
    status: Literal["delivered", "undelivered", "failed", "sent"]
    error_code: int | None = None


class Order(_Strict):
    """The body of POST /_control. Parts that are left out change nothing; `reset` comes first."""

    reset: bool = False
    faults: list[FaultOrder] = []
    outcomes: list[OutcomeOrder] = []
    # While on, messages stay where they are.
    hold: bool | None = None
    # While on, no callback is made.
    hold_callbacks: bool | None = None


def obey(store: Store, order: Order) -> None:
    """Does what is asked."""
    if order.reset:
        store.reset()
    for fault in order.faults:
        options = fault.model_dump(include={"retry_after", "seconds", "code"}, exclude_none=True)
        store.add_fault(fault.kind, recipient=fault.to, times=fault.times, options=options)
    for outcome in order.outcomes:
        error_code = outcome.error_code or _USUAL_ERROR.get(outcome.status)
        store.set_outcome(outcome.to, outcome.status, error_code)
    for name in ("hold", "hold_callbacks"):
        is_on: bool | None = getattr(order, name)
        if is_on is not None:
            store.switch(name, is_on=is_on)


def state(store: Store) -> dict[str, object]:
    """What GET /_control answers."""
    return {"hold": store.is_on("hold"), "hold_callbacks": store.is_on("hold_callbacks"), **store.counts()}

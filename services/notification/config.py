"""What this service's processes are told, besides what every process is."""

from __future__ import annotations

from datetime import timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, SecretStr, model_validator

from services.kit.config import Settings
from services.notification.clients.smtp import SmtpServer
from services.notification.domain import email as emails
from services.notification.domain.limits import Allowance, Limits
from services.notification.domain.message import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotificationSettings(Settings):
    """Each is an environment variable in upper case with the prefix BILLMESH_."""

    twilio_account_sid: Annotated[str, Field(min_length=1)]
    twilio_auth_token: SecretStr
    # Origin that speaks Twilio's API, without a slash at the end. Empty: Twilio itself.
    twilio_api_url: str = ""
    # Whom to trust behind `twilio_api_url`, PEM. Empty: the public authorities.
    twilio_ca_file: str = ""
    # Sender: an E.164 number, an alphanumeric sender id, or a messaging service ("MG…").
    sms_from: Annotated[str, Field(min_length=1)]
    # The mail server: "smtps://user:password@host:465", or "smtp://…:587", which is encrypted by STARTTLS; not for a
    # server on this very machine. Empty: there is none, and e-mails fail.
    smtp_url: SecretStr = SecretStr("")
    # Whom to trust as the mail server, PEM. Empty: the public authorities.
    smtp_ca_file: str = ""
    # Sender of e-mails, "Name <address>"; its domain also names the mails.
    email_from: str = ""
    # Limits of messages; codes, notices of security, and what merchants send are counted apart.
    sms_codes_per_phone_hour: Annotated[int, Field(ge=0)] = 10
    sms_notices_per_phone_hour: Annotated[int, Field(ge=0)] = 20
    sms_per_phone_hour: Annotated[int, Field(ge=0)] = 30
    sms_per_merchant_day: Annotated[int, Field(ge=0)] = 2_000
    email_codes_per_address_hour: Annotated[int, Field(ge=0)] = 10
    email_notices_per_address_hour: Annotated[int, Field(ge=0)] = 20
    email_per_address_hour: Annotated[int, Field(ge=0)] = 30
    email_per_merchant_day: Annotated[int, Field(ge=0)] = 5_000
    # Seconds from a call whose answer was lost until the provider is asked whether it has the message: longer than a
    # call can take and than the provider's list needs to show it.
    sms_settle_seconds: Annotated[float, Field(ge=20)] = 30.0
    # Seconds from the start of a call to the mail server without an outcome until the mail is sent again, or given up
    # if it carries a code: longer than a call can take.
    email_settle_seconds: Annotated[float, Field(ge=180)] = 180.0
    # Days after which a text is forgotten, by e-mail too. Secret ones are forgotten once sent.
    sms_text_days: Annotated[int, Field(ge=1)] = 90

    @property
    def limits(self) -> Limits:
        """The limits as the rules want them."""
        return Limits(
            sms=Allowance(
                codes_per_hour=self.sms_codes_per_phone_hour,
                notices_per_hour=self.sms_notices_per_phone_hour,
                messages_per_hour=self.sms_per_phone_hour,
                messages_per_merchant_day=self.sms_per_merchant_day,
            ),
            email=Allowance(
                codes_per_hour=self.email_codes_per_address_hour,
                notices_per_hour=self.email_notices_per_address_hour,
                messages_per_hour=self.email_per_address_hour,
                messages_per_merchant_day=self.email_per_merchant_day,
            ),
        )

    @property
    def settle(self) -> Mapping[Channel, timedelta]:
        """`sms_settle_seconds` and `email_settle_seconds`."""
        return {
            Channel.SMS: timedelta(seconds=self.sms_settle_seconds),
            Channel.EMAIL: timedelta(seconds=self.email_settle_seconds),
        }

    @property
    def sender(self) -> Address:
        """`email_from` taken apart. Raises ValueError if it is no "Name <address>"."""
        name, address = parseaddr(self.email_from)
        if emails.parse(address) is None or not self.email_from.isprintable():
            raise ValueError("must be an address or Name <address>")
        return Address(name, addr_spec=address)

    @model_validator(mode="after")
    def _mail_is_complete(self) -> Self:
        if self.smtp_url.get_secret_value():
            SmtpServer.parse(self.smtp_url.get_secret_value())
            _ = self.sender
        return self

    @property
    def text_life(self) -> timedelta:
        """`sms_text_days`."""
        return timedelta(days=self.sms_text_days)

"""What this service's processes are told, besides what every process is."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr

from services.kit.config import Settings
from services.notification.domain.limits import Limits


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
    # Limits of messages; codes and warnings of the platform are counted apart from what merchants send.
    sms_codes_per_phone_hour: Annotated[int, Field(ge=0)] = 10
    sms_per_phone_hour: Annotated[int, Field(ge=0)] = 30
    sms_per_merchant_day: Annotated[int, Field(ge=0)] = 2_000
    # Seconds from a call whose answer was lost until the provider is asked whether it has the message: longer than a
    # call can take and than the provider's list needs to show it.
    sms_settle_seconds: Annotated[float, Field(ge=20)] = 30.0
    # Days after which a text is forgotten. Secret ones are forgotten once sent.
    sms_text_days: Annotated[int, Field(ge=1)] = 90

    @property
    def limits(self) -> Limits:
        """The limits as the rules want them."""
        return Limits(
            codes_per_phone_hour=self.sms_codes_per_phone_hour,
            messages_per_phone_hour=self.sms_per_phone_hour,
            messages_per_merchant_day=self.sms_per_merchant_day,
        )

    @property
    def settle(self) -> timedelta:
        """`sms_settle_seconds`."""
        return timedelta(seconds=self.sms_settle_seconds)

    @property
    def text_life(self) -> timedelta:
        """`sms_text_days`."""
        return timedelta(days=self.sms_text_days)

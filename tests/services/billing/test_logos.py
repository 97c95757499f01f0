"""The logo at the head of documents."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import settings_pb2
from billmesh.billing.v1 import settings_service_pb2 as pb
from google.api.httpbody_pb2 import HttpBody

from tests.services.billing.domain.test_files import jpeg, png
from tests.services.billing.world import refused

if TYPE_CHECKING:
    from tests.services.billing.world import World


def _put(world: World, content: bytes) -> settings_pb2.Settings:
    return world.settings.SetLogo(pb.SetLogoRequest(image=HttpBody(data=content)))


def test_a_logo_is_put_replaced_and_taken_away(world: World) -> None:
    settings = _put(world, png())
    assert settings.logo_sha256 == hashlib.sha256(png()).hexdigest()
    assert settings == world.settings.GetSettings(pb.GetSettingsRequest())
    replaced = _put(world, jpeg())
    assert replaced.etag != settings.etag
    body, call = world.settings.GetLogo.with_call(pb.GetLogoRequest())
    assert (body.content_type, body.data) == ("image/jpeg", jpeg())
    headers = dict(call.initial_metadata())
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''logo.jpg"
    assert world.settings.DeleteLogo(pb.DeleteLogoRequest()).logo_sha256 == ""
    for call_ in (
        lambda: world.settings.GetLogo(pb.GetLogoRequest()),
        lambda: world.settings.DeleteLogo(pb.DeleteLogoRequest()),
    ):
        assert refused(call_).reason == "LOGO_NOT_FOUND"


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7", b"<svg/>", png()[:-4], jpeg() + b"x", png(2001, 1), png(1, 2001), png(0, 5), b"RIFF\0\0\0\0WEBPVP8 "],
)
def test_only_whole_images_are_logos(world: World, content: bytes) -> None:
    answer = refused(lambda: _put(world, content))
    assert (answer.code, answer.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FILE_TYPE_UNFIT")
    assert answer.fields == ("image",)


def test_a_logo_has_at_most_two_hundred_kibibytes(world: World) -> None:
    answer = refused(lambda: _put(world, png() + b"\0" * 204_800))
    assert (answer.code, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ("image",))


def test_another_merchant_has_its_own(world: World) -> None:
    _put(world, png())
    neighbour = world.neighbour()
    assert refused(lambda: neighbour.settings.GetLogo(pb.GetLogoRequest())).reason == "LOGO_NOT_FOUND"
    assert neighbour.settings.GetSettings(pb.GetSettingsRequest()).logo_sha256 == ""

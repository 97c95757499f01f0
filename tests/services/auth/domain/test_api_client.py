"""Which redirect URIs can be registered."""

from __future__ import annotations

import pytest

from services.auth.domain.api_client import check_redirect_uri
from services.auth.domain.errors.clients import RedirectUriInvalid


@pytest.mark.parametrize(
    "uri",
    [
        "https://partner.example",
        "https://partner.example/callback?a=b",
        "https://partner.example:8443/a/b%20c",
        "https://xn--bcher-kva.example/cb",
        "https://10.0.0.1/cb",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8080/cb",
        "http://[::1]:8080/cb",
        "http://localhost:3000/cb",
        "com.example.app:/cb",
        "com.example.app://cb",
    ],
)
def test_these_can(uri: str) -> None:
    check_redirect_uri(uri, field="f")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "partner.example/cb",
        "//partner.example/cb",
        "/cb",
        "https:partner.example",
        "https:/partner.example",
        "https:///cb",
        "https://",
        "https://?",
        "HTTPS://partner.example/cb",
        "Https://partner.example/cb",
        "http://partner.example/cb",
        "http://127.0.0.1.example/cb",
        "http://127.0.0.2/cb",
        "http://[::2]/cb",
        "https://[::2]/cb",
        "https://partner.example/cb#fragment",
        "https://partner.example/cb#",
        "https://user@partner.example/cb",
        "https://user:password@partner.example/cb",
        "https://partner.example@evil.example/cb",
        "https://partner.example\\@evil.example/cb",
        "https://*.partner.example/cb",
        "https://-partner.example/cb",
        "https://partner..example/cb",
        "https://partner.example:99999/cb",
        "https://partner.example:x/cb",
        "https://partner.example/a/../b",
        "https://partner.example/a/%2e%2E/b",
        "https://partner.example/./b",
        "https://partner.example/a b",
        "https://partner.example/\n",
        "https://partner.example/é",
        'https://partner.example/"',
        "https://partner.example/<script>",
        "javascript:alert(1)",
        "javascript://partner.example/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://partner.example/x",
        "about:blank",
        "mailto:someone@partner.example",
        "app:/cb",
        "Com.Example.App:/cb",
        "com.example.app/cb",
        ".app:/cb",
        "1.app:/cb",
    ],
)
def test_these_cannot(uri: str) -> None:
    with pytest.raises(RedirectUriInvalid) as refused:
        check_redirect_uri(uri, field="client.redirect_uris[0]")
    assert refused.value.fields[0].field == "client.redirect_uris[0]"

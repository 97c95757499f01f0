"""The OAuth 2.0 core: Authlib's grants on top, our rules and our database below."""

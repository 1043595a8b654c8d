"""Connections to brokers and to the auth server."""

"""Chores of an installation: secrets, certificates, the files of Envoy, a prepared database, health checks."""

"""Readers of data sets: a file for each, its class list beside it. Their table: options/build/sources.py."""

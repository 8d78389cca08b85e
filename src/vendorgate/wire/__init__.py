"""Bytes and their meaning, without sockets: HTTP/1.1 framing, targets, header rules, body trees, problem documents."""

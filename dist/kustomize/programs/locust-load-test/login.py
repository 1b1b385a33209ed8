"""Locust's own page, behind a login: people start tests on it."""

import hmac
import os
import secrets
from typing import Any

import gevent
from flask import redirect, request, session, url_for
from flask_login import UserMixin, login_user
from settings import SettingsError

# For the pod's own interface only: who may forward a port may come, and nobody else gets as far as the login.
ADDRESS = "127.0.0.1"
LEAST_PASSWORD = 12
WRONG_SECONDS = 1.0


class Person(UserMixin):
    """Whoever knows the password."""

    def __init__(self, name: str) -> None:
        self.id = name


def credentials(folder: str) -> tuple[str, str]:
    """From a mounted Secret of type kubernetes.io/basic-auth."""
    try:
        values = []
        for name in ("username", "password"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                values.append(file.read().strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the login cannot be read: {error}; the Secret must have the keys username and password") from None
    username, password = values
    if not username or len(password) < LEAST_PASSWORD:
        raise SettingsError(f"the login's Secret must have a username, and a password of at least {LEAST_PASSWORD} characters")
    return username, password


def open_page(environment: Any, port: int, folder: str) -> None:
    username, password = credentials(folder)
    web = environment.create_web_ui(ADDRESS, port, web_login=True, delayed_start=True)
    web.app.debug = False
    web.app.config.update(SECRET_KEY=secrets.token_bytes(32), SESSION_COOKIE_SAMESITE="Strict", SESSION_COOKIE_HTTPONLY=True)
    web.login_manager.user_loader(lambda name: Person(name) if name == username else None)
    web.auth_args = {"username_password_callback": "/login_submit"}

    def submit() -> Any:
        given = (request.form.get("username", ""), request.form.get("password", ""))
        right = [hmac.compare_digest(one.encode(), other.encode()) for one, other in zip(given, (username, password), strict=True)]
        if all(right):
            login_user(Person(username))
            return redirect(url_for("locust.index"))
        gevent.sleep(WRONG_SECONDS)
        session["auth_error"] = "Invalid username or password"
        return redirect(url_for("locust.login"))

    web.app.add_url_rule("/login_submit", "login_submit", submit, methods=["POST"])
    web.start()

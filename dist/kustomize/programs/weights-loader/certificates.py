"""Which authorities the hub's certificate, or that of a proxy on the way to it, may be of."""

import ssl

import certifi
from exits import CONFIGURATION, NO_INPUT
from refused import RefusedError, one_line


def trusted(ca_file: str | None) -> ssl.SSLContext:
    """The public authorities, and those of a file besides."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise RefusedError(NO_INPUT, f"the certificates in {ca_file} cannot be read: {one_line(error)}; they have to be PEM") from error
    return context


def not_trusted(error: BaseException) -> RefusedError | None:
    """What to say of a certificate that no try will make a better one."""
    cause = getattr(error, "reason", error)
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return None
    return RefusedError(
        CONFIGURATION,
        f"the certificate on the way to the hub is not trusted: {cause.verify_message}. If a proxy looks into what it passes on, or the hub"
        " is your own, put the certificate of its authority into a ConfigMap and name it in the loader's caCertificates",
    )

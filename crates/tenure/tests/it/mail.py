"""A mail server that takes mail only encrypted, and only from who knows the password.

Arguments: port, folder of the mailbox, certificate, key. Needs aiosmtpd.
"""

import asyncio
import ssl
import sys

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, AuthResult

port, folder, certificate, key = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def known(server, session, envelope, mechanism, data):
    good = data.login == b"tenure" and data.password == b"mail-s3cret"
    return AuthResult(success=good)


def protocol():
    return SMTP(
        Mailbox(folder),
        tls_context=context,
        require_starttls=True,
        authenticator=known,
        auth_required=True,
    )


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", int(port))
    await server.serve_forever()


asyncio.run(serve())

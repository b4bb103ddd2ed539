"""What is tested: a function that mails a report, and tries again when the server is busy."""

import poplib
import smtplib
import time
from email.message import EmailMessage

import pytest


def send_report(port, recipient, attempts=3):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "reports@example.net", recipient, "Daily report"
    message.set_content("All is well.\n")
    for attempt in range(1, attempts + 1):
        try:
            with smtplib.SMTP("127.0.0.1", port) as client:
                client.send_message(message)
            return attempt
        except smtplib.SMTPResponseException as error:
            if error.smtp_code >= 500 or attempt == attempts:
                raise
        except smtplib.SMTPServerDisconnected:
            if attempt == attempts:
                raise
        time.sleep(0.05)


def test_report_arrives(mail_server):
    server = mail_server()
    assert send_report(server.smtp_port, "bob@example.org") == 1
    message, = server.wait_for("TO bob SUBJECT report")
    assert message["from"] == [{"name": None, "email": "reports@example.net"}]
    assert message["subject"] == "Daily report"


def test_busy_server_is_asked_again(mail_server):
    server = mail_server("--fault", 'smtp greeting first=2 reply="421 4.3.2 Too busy"')
    assert send_report(server.smtp_port, "bob@example.org") == 3
    assert len(server.wait_for("TO bob")) == 1
    assert len(server.events("fault")) == 2


def test_refusal_is_final(mail_server):
    server = mail_server("--fault", 'smtp end reply="554 5.7.1 Looks like spam"')
    with pytest.raises(smtplib.SMTPDataError) as error:
        send_report(server.smtp_port, "bob@example.org")
    assert error.value.smtp_code == 554
    assert not server.events("delivery")


def test_connection_breaks_while_a_message_is_fetched(mail_server):
    server = mail_server("--fault", "pop3 retr n=1 cut-after=100")
    send_report(server.smtp_port, "bob@example.org")

    def fetch():
        client = poplib.POP3("127.0.0.1", server.pop3_port)
        client.user("bob")
        client.pass_("any password")
        lines = client.retr(1)[1]
        client.quit()
        return lines

    with pytest.raises(poplib.error_proto):
        fetch()
    assert b"All is well." in fetch()

#pragma once

#include "mailpipe/base/error.hpp"
#include "mailpipe/imap/mailbox_data.hpp"
#include "mailpipe/imap/tokens.hpp"

// LIST and STATUS responses (RFC 3501 sections 7.2.2 and 7.2.4; SPECIAL-USE 6154, STATUS=SIZE 8438) and QUOTA
// (RFC 9208). Each function reads what stands behind the word. Errors: protocol, limit.
namespace mailpipe::imap {

// How names of mailboxes stand on the wire: in modified UTF-7, or in UTF-8 where UTF8=ACCEPT is enabled (RFC 6855).
enum class NameForm { utf7, utf8 };

// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP extended]
Result<ListedMailbox> parse_list(Tokens& tokens, NameForm form = NameForm::utf7);

// status = mailbox SP "(" [status-att-val *(SP status-att-val)] ")"; what is not in the struct is skipped.
Result<MailboxStatus> parse_status(Tokens& tokens, NameForm form = NameForm::utf7);

// quotaroot = mailbox *(SP quota-root-name)
Result<QuotaRoots> parse_quota_roots(Tokens& tokens);

// quota = quota-root-name SP "(" [quota-resource *(SP quota-resource)] ")"
Result<Quota> parse_quota(Tokens& tokens);

}  // namespace mailpipe::imap

#pragma once

#include <string>

#include "mailpipe/app/queue/queue_events.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/queue/queued_file.hpp"

// What mail-send says of its queue, as JSON and in words. mail-json(5) and mail-json.schema.json describe the former:
//
// A message (--list):
//   id          as in --show ID
//   state       "waiting" for its time, "due", "active": being delivered now, "held", "undeliverable": failed, and nobody is
//               to be told
//   from        reverse-path, "" for none
//   size        CRLF octets
//   arrived     RFC 3339
//   due         RFC 3339: the next attempt; absent when there is none
//   server      it was queued for; absent where none was given
//   messageId   array of msg-ids; absent without
//   reportOf    the id of the message that this report is about; absent otherwise
//   recipients  one object each:
//                 recipient  address
//                 outcome    "pending" before the first attempt, "deferred", "delivered", "relayed", "failed"
//                 attempts   number
//                 time, code, enhanced, text, server, tls   of the last attempt; each absent where there is none
namespace mailpipe::app {

email::Json queue_record(const queue::QueuedFile& file, std::uint32_t now);
// The same in lines for people, each with its end.
std::string queue_text(const queue::QueuedFile& file, std::uint32_t now);

// Events:
//   queued      id; from; size; due (RFC 3339) where it is not sent at once; messageId; recipients: addresses
// Of the runner:
//   event       "attempt", "report", "undeliverable"
//   time        RFC 3339
//   id          of the message
//   attempt:        server, tls, seconds; recipients as above, with due (RFC 3339) where it is tried again
//   report:         kind "failed", "delayed" or "relayed"; recipients: addresses; report: the id of the report
//   undeliverable:  recipients: addresses
email::Json queued_record(const queue::QueuedFile& file);
std::string queued_text(const queue::QueuedFile& file);
email::Json attempt_record(queue::Id id, const queue::Submission& submission, const Attempted& attempted);
std::string attempt_text(queue::Id id, const queue::Submission& submission, const Attempted& attempted);
email::Json report_record(queue::Id id, const queue::Submission& submission, queue::ReportKind kind,
                          const std::vector<std::uint32_t>& recipients, queue::Id report);
std::string report_text(queue::Id id, const queue::Submission& submission, queue::ReportKind kind,
                        queue::Id report);
email::Json undeliverable_record(queue::Id id, const queue::Submission& submission);

}  // namespace mailpipe::app

#pragma once

// Marks what libmailpipe.so exports; everything else is hidden.
#define MAILPIPE_EXPORT __attribute__((visibility("default")))

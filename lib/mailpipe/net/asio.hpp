#pragma once

// Standalone Asio as mailpipe uses it: one io_context on one thread, coroutines, timers, descriptors. Sources
// include Asio through this header only, so that every one of them sees the same configuration.
#ifndef ASIO_STANDALONE
#define ASIO_STANDALONE 1
#endif
#ifndef ASIO_NO_DEPRECATED
#define ASIO_NO_DEPRECATED 1
#endif

// A source that defines coroutines stands between these two lines. clang 14 cannot assemble a coroutine that
// -fsanitize=function (part of "undefined") instruments: "Cannot represent a difference across sections". g++
// 12 with optimisation takes the frame's operator delete for one that does not match its operator new.
#ifdef __clang__
#define MAILPIPE_COROUTINES_BEGIN \
    _Pragma("clang attribute push(__attribute__((no_sanitize(\"function\"))), apply_to = function)")
#define MAILPIPE_COROUTINES_END _Pragma("clang attribute pop")
#else
#define MAILPIPE_COROUTINES_BEGIN \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmismatched-new-delete\"")
#define MAILPIPE_COROUTINES_END _Pragma("GCC diagnostic pop")
#endif

MAILPIPE_COROUTINES_BEGIN
#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
MAILPIPE_COROUTINES_END

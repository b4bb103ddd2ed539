#pragma once

#include "mailpipe/smtp/envelope.hpp"

namespace mailpipe::app {

// The envelope with these of its recipients only, by their indices.
template <class Indices>
smtp::Envelope envelope_part(const smtp::Envelope& envelope, const Indices& recipients) {
    smtp::Envelope part = envelope;
    part.recipients.clear();
    part.recipient_options.clear();
    for (const auto index : recipients) {
        part.recipients.push_back(envelope.recipients[index]);
        if (index < envelope.recipient_options.size())
            part.recipient_options.push_back(envelope.recipient_options[index]);
    }
    return part;
}

}  // namespace mailpipe::app

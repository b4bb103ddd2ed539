/* The work of mail-show --json done with GMime: parse, decode every body, convert every text to UTF-8, choose text,
 * HTML and attachments, and write one JSON object for each message. bench/mime times it, and tests/differential reads
 * what it writes. */
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct {
    GString *structure, *values, *text, *html, *attachments, *preview;
    gboolean has_attachment;
    int part;
    gboolean with_raw; /* Each leaf that is no text has its octets, or the record of the message in it. */
} Record;

static void write_message(GMimeMessage* message, size_t size, gboolean with_raw, GString* out);

static void string(GString* out, const char* text) {
    static const char hex[] = "0123456789abcdef";
    if (text == NULL) text = "";
    g_string_append_c(out, '"');
    while (*text) {
        const size_t plain = strcspn(text, "\"\\\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12"
                                           "\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f");
        g_string_append_len(out, text, plain);
        text += plain;
        if (*text == 0) break;
        if (*text == '\n') {
            g_string_append(out, "\\n");
        } else if (*text == '"' || *text == '\\') {
            g_string_append_c(out, '\\');
            g_string_append_c(out, *text);
        } else {
            g_string_append(out, "\\u00");
            g_string_append_c(out, hex[(unsigned char)*text >> 4]);
            g_string_append_c(out, hex[(unsigned char)*text & 15]);
        }
        ++text;
    }
    g_string_append_c(out, '"');
}

static void member(GString* out, const char* key, const char* text) {
    if (text == NULL) return;
    g_string_append_printf(out, ",\"%s\":", key);
    string(out, text);
}

static void addresses(GString* out, const char* key, InternetAddressList* list) {
    if (list == NULL || internet_address_list_length(list) == 0) return;
    g_string_append_printf(out, ",\"%s\":[", key);
    for (int i = 0; i < internet_address_list_length(list); ++i) {
        InternetAddress* address = internet_address_list_get_address(list, i);
        if (!INTERNET_ADDRESS_IS_MAILBOX(address)) continue;
        g_string_append(out, i ? ",{\"name\":" : "{\"name\":");
        string(out, internet_address_get_name(address));
        g_string_append(out, ",\"email\":");
        string(out, internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address)));
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void ids(GString* out, const char* key, const char* value) {
    if (value == NULL) return;
    GMimeReferences* list = g_mime_references_parse(NULL, value);
    g_string_append_printf(out, ",\"%s\":[", key);
    for (int i = 0; i < g_mime_references_length(list); ++i) {
        if (i) g_string_append_c(out, ',');
        string(out, g_mime_references_get_message_id(list, i));
    }
    g_string_append_c(out, ']');
    g_mime_references_free(list);
}

static void raw(GMimeObject* object, GString* part) {
    if (GMIME_IS_MESSAGE_PART(object)) {
        GMimeMessage* message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
        g_string_append(part, ",\"message\":");
        message != NULL ? write_message(message, 0, TRUE, part) : (void)g_string_append(part, "null");
        return;
    }
    GMimeStream* stream = g_mime_stream_mem_new();
    if (GMIME_IS_PART(object)) g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(object)), stream);
    const GByteArray* octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    char* text = g_base64_encode(octets->data, octets->len);
    member(part, "raw", text);
    g_free(text);
    g_object_unref(stream);
}

static void leaf(GMimeObject* object, Record* record) {
    GMimeContentType* type = g_mime_object_get_content_type(object);
    GString* part = g_string_new(NULL);
    const int number = ++record->part;
    const char* disposition = g_mime_object_get_disposition(object);
    const char* name = g_mime_object_get_content_disposition_parameter(object, "filename");
    if (name == NULL) name = g_mime_object_get_content_type_parameter(object, "name");
    gint64 size = 0;
    char* text = NULL;
    if (GMIME_IS_TEXT_PART(object)) {
        text = g_mime_text_part_get_text(GMIME_TEXT_PART(object));
        size = text ? (gint64)strlen(text) : 0;
    } else if (GMIME_IS_PART(object)) {
        GMimeStream* null = g_mime_stream_null_new();
        g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(object)), null);
        size = g_mime_stream_tell(null);
        g_object_unref(null);
    } else {
        GMimeStream* null = g_mime_stream_null_new();
        g_mime_object_write_content_to_stream(object, NULL, null);
        size = g_mime_stream_tell(null);
        g_object_unref(null);
    }
    char* mime = g_mime_content_type_get_mime_type(type);
    g_string_append_printf(part, "{\"partId\":\"%d\",\"size\":%lld", number, (long long)size);
    if (record->with_raw && text == NULL) raw(object, part);
    member(part, "name", name);
    member(part, "type", mime);
    member(part, "charset", g_mime_content_type_get_parameter(type, "charset"));
    member(part, "disposition", disposition);
    member(part, "cid", g_mime_object_get_content_id(object));
    g_string_append_c(part, '}');
    g_string_append_len(record->structure, part->str, part->len);
    const gboolean attached = disposition != NULL && g_ascii_strcasecmp(disposition, "attachment") == 0;
    GString* list = record->attachments;
    if (text != NULL && !attached) list = g_mime_content_type_is_type(type, "text", "html") ? record->html : record->text;
    if (list == record->attachments && attached) record->has_attachment = TRUE;
    if (list->len) g_string_append_c(list, ',');
    g_string_append_len(list, part->str, part->len);
    if (text != NULL) {
        g_string_append_printf(record->values, "%s\"%d\":{\"value\":", record->values->len ? "," : "", number);
        string(record->values, text);
        g_string_append(record->values, ",\"isEncodingProblem\":false,\"isTruncated\":false}");
        if (record->preview->len == 0 && list == record->text)
            g_string_append_len(record->preview, text, MIN(strlen(text), 256));
        g_free(text);
    }
    g_free(mime);
    g_string_free(part, TRUE);
}

static void walk(GMimeObject* object, Record* record) {
    if (!GMIME_IS_MULTIPART(object)) {
        leaf(object, record);
        return;
    }
    char* mime = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object));
    g_string_append(record->structure, "{\"type\":");
    string(record->structure, mime);
    g_string_append(record->structure, ",\"subParts\":[");
    g_free(mime);
    GMimeMultipart* multipart = GMIME_MULTIPART(object);
    for (int i = 0; i < g_mime_multipart_get_count(multipart); ++i) {
        if (i) g_string_append_c(record->structure, ',');
        walk(g_mime_multipart_get_part(multipart, i), record);
    }
    g_string_append(record->structure, "]}");
}

static void write_message(GMimeMessage* message, size_t size, gboolean with_raw, GString* out) {
    Record record = {g_string_new(NULL), g_string_new(NULL), g_string_new(NULL), g_string_new(NULL),
                     g_string_new(NULL), g_string_new(NULL), FALSE,              0,
                     with_raw};
    GMimeObject* part = g_mime_message_get_mime_part(message);
    if (part != NULL) walk(part, &record);
    g_string_append_printf(out, "{\"size\":%zu", size);
    ids(out, "messageId", g_mime_object_get_header(GMIME_OBJECT(message), "Message-ID"));
    ids(out, "inReplyTo", g_mime_object_get_header(GMIME_OBJECT(message), "In-Reply-To"));
    ids(out, "references", g_mime_object_get_header(GMIME_OBJECT(message), "References"));
    addresses(out, "from", g_mime_message_get_from(message));
    addresses(out, "sender", g_mime_message_get_sender(message));
    addresses(out, "to", g_mime_message_get_to(message));
    addresses(out, "cc", g_mime_message_get_cc(message));
    addresses(out, "bcc", g_mime_message_get_bcc(message));
    addresses(out, "replyTo", g_mime_message_get_reply_to(message));
    member(out, "subject", g_mime_message_get_subject(message));
    GDateTime* date = g_mime_message_get_date(message);
    if (date != NULL) {
        char* text = g_date_time_format(
            date, g_date_time_get_utc_offset(date) == 0 ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%dT%H:%M:%S%:z");
        member(out, "sentAt", text);
        g_free(text);
    }
    g_string_append_printf(out, ",\"hasAttachment\":%s", record.has_attachment ? "true" : "false");
    member(out, "preview", record.preview->str);
    g_string_append_printf(out, ",\"bodyStructure\":%s,\"bodyValues\":{", record.structure->str);
    g_string_append_len(out, record.values->str, record.values->len);
    g_string_append_printf(out, "},\"textBody\":[%s],\"htmlBody\":[%s],\"attachments\":[%s]}", record.text->str,
                           record.html->str, record.attachments->str);
    GString* strings[] = {record.structure, record.values,      record.text,
                          record.html,      record.attachments, record.preview};
    for (size_t i = 0; i < G_N_ELEMENTS(strings); ++i)
        g_string_free(strings[i], TRUE);
}

static void convert(const char* octets, size_t size, gboolean with_raw, GString* out) {
    GMimeStream* stream = g_mime_stream_mem_new_with_buffer(octets, size);
    GMimeParser* parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage* message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    if (message == NULL) {
        g_string_append(out, "null\n");
        return;
    }
    write_message(message, size, with_raw, out);
    g_string_append_c(out, '\n');
    g_object_unref(message);
}

/* gmime_json: reads names of files, one a line, and writes the record of each as soon as it is read. */
static int answer(void) {
    char name[4096];
    GString* out = g_string_new(NULL);
    while (fgets(name, sizeof name, stdin) != NULL) {
        char* octets = NULL;
        gsize size = 0;
        name[strcspn(name, "\n")] = 0;
        if (!g_file_get_contents(name, &octets, &size, NULL)) return 66;
        g_string_truncate(out, 0);
        convert(octets, size, TRUE, out);
        g_free(octets);
        if (fwrite(out->str, 1, out->len, stdout) != out->len || fflush(stdout) != 0) return 74;
    }
    return 0;
}

/* gmime_json ROUNDS FILE...: seconds and octets of JSON written, for all rounds over files that are in memory. */
int main(int argc, char** argv) {
    g_mime_init();
    /* What mail-show takes undeclared text for, too. */
    const char* charsets[] = {"utf-8", "windows-1252", NULL};
    g_mime_parser_options_set_fallback_charsets(g_mime_parser_options_get_default(), charsets);
    if (argc == 1) return answer();
    const int rounds = atoi(argv[1]);
    const int files = argc - 2;
    char** octets = g_new(char*, files);
    gsize* sizes = g_new(gsize, files);
    for (int i = 0; i < files; ++i) {
        if (!g_file_get_contents(argv[i + 2], &octets[i], &sizes[i], NULL)) return 66;
    }
    struct timespec begin, end;
    size_t written = 0;
    GString* out = g_string_new(NULL);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < files; ++i) {
            g_string_truncate(out, 0);
            convert(octets[i], sizes[i], FALSE, out);
            written += out->len;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.6f %zu\n", (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9, written);
    return 0;
}

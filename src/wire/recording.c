#include "wire/recording.h"

#include <string.h>

#define RECORD_SIZE 16u
#define MAC_SIZE 6u
#define MARK_0 0x02 /* locally administered */
#define MARK_1 0x61
#define MARK_2 0x70

static void write_marks(uint8_t *at, const ap_chunk *chunk)
{
    const uint8_t marks[2 * MAC_SIZE] = { MARK_0,
                                          MARK_1,
                                          MARK_2,
                                          (uint8_t)chunk->kind,
                                          (uint8_t)(chunk->stream >> 8),
                                          (uint8_t)chunk->stream,
                                          MARK_0,
                                          MARK_1,
                                          MARK_2,
                                          0,
                                          (uint8_t)(chunk->input >> 8),
                                          (uint8_t)chunk->input };
    memcpy(at, marks, sizeof marks);
}

ap_err ap_recording_put(ap_writer *writer, const ap_chunk *chunk)
{
    uint8_t *at = writer->data + writer->size;
    ap_err err = ap_pcap_udp(writer, chunk->receive_utc, &chunk->route, chunk->data, chunk->size);
    if (err)
        return err;
    write_marks(at + RECORD_SIZE, chunk);
    return AP_OK;
}

/* The marks behind the head of a record; false when they are none of ours. */
static bool read_marks(const uint8_t *at, ap_chunk *chunk)
{
    static const uint8_t mark[] = { MARK_0, MARK_1, MARK_2 };
    if (memcmp(at, mark, sizeof mark) != 0 || memcmp(at + MAC_SIZE, mark, sizeof mark) != 0 ||
        at[3] >= AP_CHUNK_KIND_COUNT || at[MAC_SIZE + 3] != 0)
        return false;
    chunk->kind = (ap_chunk_kind)at[3];
    chunk->stream = (uint16_t)(at[4] << 8 | at[5]);
    chunk->input = (uint16_t)(at[MAC_SIZE + 4] << 8 | at[MAC_SIZE + 5]);
    return true;
}

ap_err ap_recording_take(const uint8_t *data, size_t size, size_t *used, ap_chunk *chunk)
{
    ap_chunk found = { .kind = AP_CHUNK_DATAGRAM };
    ap_bytes payload;
    ap_err err = ap_pcap_udp_take(data, size, &found.receive_utc, &found.route, &payload);
    if (err)
        return err;
    if (!read_marks(data + RECORD_SIZE, &found))
        return AP_ERR_MALFORMED;
    found.data = payload.data;
    found.size = payload.size;
    found.record = data;
    *chunk = found;
    *used = ap_recording_size(payload.size);
    return AP_OK;
}

static bool is_name(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (name[i] < 0x21 || name[i] > 0x7e)
            return false;
    return size > 0 && size < AP_ACKNOWLEDGEMENT_WHO_SIZE;
}

ap_err ap_acknowledgement_put(ap_writer *writer, const ap_acknowledgement *from)
{
    const char *end = memchr(from->by, '\0', sizeof from->by);
    size_t size = end ? (size_t)(end - from->by) : 0;
    if (!is_name(from->by, size))
        return AP_ERR_ARGUMENT;
    if (writer->cap - writer->size < 4 + size)
        return AP_ERR_FULL;
    ap_write_be(writer, from->alert_id, 4);
    ap_write_bytes(writer, from->by, size);
    return AP_OK;
}

ap_err ap_acknowledgement_take(const uint8_t *data, size_t size, ap_acknowledgement *to)
{
    ap_reader reader = ap_reader_of(data, size);
    uint32_t alert_id = ap_read_u32(&reader);
    if (reader.bad || !is_name((const char *)data + 4, size - 4))
        return AP_ERR_MALFORMED;
    *to = (ap_acknowledgement){ .alert_id = alert_id };
    memcpy(to->by, data + 4, size - 4);
    return AP_OK;
}

bool ap_recording_is(const uint8_t *data, size_t size)
{
    uint8_t head[AP_PCAP_HEAD_SIZE];
    ap_writer writer = ap_writer_of(head, sizeof head);
    ap_pcap_head(&writer);
    ap_chunk chunk;
    return size >= AP_RECORDING_PROBE_SIZE && memcmp(data, head, sizeof head) == 0 &&
           read_marks(data + AP_PCAP_HEAD_SIZE + RECORD_SIZE, &chunk);
}

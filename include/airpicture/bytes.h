/* Bounded reading and writing of big-endian bytes.
 *
 * ap_reader: past the end it yields 0 and latches `bad`; test `bad` once per record. No call reads
 * outside [data, data + size), whatever it is asked.
 * ap_writer: past its capacity it writes nothing more and latches `bad`. */
#ifndef AIRPICTURE_BYTES_H
#define AIRPICTURE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct ap_reader {
    const uint8_t *data;
    size_t size; /* bytes in data */
    size_t at;   /* offset of the next byte, <= size */
    bool bad;    /* a read went past the end; stays until the reader is made anew */
} ap_reader;

typedef struct ap_writer {
    uint8_t *data;
    size_t cap;  /* bytes that fit into data */
    size_t size; /* bytes written, <= cap */
    bool bad;    /* a write did not fit; stays */
} ap_writer;

/* Bytes that live elsewhere; data may be NULL only when size is 0. */
typedef struct ap_bytes {
    const uint8_t *data;
    size_t size;
} ap_bytes;

static inline ap_reader ap_reader_of(const uint8_t *data, size_t size)
{
    return (ap_reader){ .data = data, .size = size };
}

static inline size_t ap_reader_left(const ap_reader *reader)
{
    return reader->size - reader->at;
}

/* The next `n` bytes, or NULL (and `bad`) if fewer are left. */
static inline const uint8_t *ap_read_bytes(ap_reader *reader, size_t n)
{
    if (n > reader->size - reader->at) {
        reader->at = reader->size;
        reader->bad = true;
        return NULL;
    }
    const uint8_t *bytes = reader->data + reader->at;
    reader->at += n;
    return bytes;
}

static inline uint8_t ap_read_u8(ap_reader *reader)
{
    const uint8_t *b = ap_read_bytes(reader, 1);
    return b ? b[0] : 0;
}

static inline uint16_t ap_read_u16(ap_reader *reader)
{
    const uint8_t *b = ap_read_bytes(reader, 2);
    return b ? (uint16_t)((unsigned)b[0] << 8 | b[1]) : 0;
}

static inline uint32_t ap_read_u24(ap_reader *reader)
{
    const uint8_t *b = ap_read_bytes(reader, 3);
    return b ? (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2] : 0;
}

static inline uint32_t ap_read_u32(ap_reader *reader)
{
    const uint8_t *b = ap_read_bytes(reader, 4);
    return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

/* `n` bytes, 1 <= n <= 8, as one big-endian number. */
static inline uint64_t ap_read_be(ap_reader *reader, size_t n)
{
    const uint8_t *b = ap_read_bytes(reader, n);
    uint64_t value = 0;
    for (size_t i = 0; b && i < n; i++)
        value = value << 8 | b[i];
    return value;
}

static inline ap_writer ap_writer_of(uint8_t *data, size_t cap)
{
    return (ap_writer){ .data = data, .cap = cap };
}

static inline void ap_write_bytes(ap_writer *writer, const void *bytes, size_t n)
{
    if (writer->bad || n > writer->cap - writer->size) {
        writer->bad = true;
        return;
    }
    if (n > 0)
        memcpy(writer->data + writer->size, bytes, n);
    writer->size += n;
}

/* The low `n` bytes of `value`, 1 <= n <= 8, big-endian. */
static inline void ap_write_be(ap_writer *writer, uint64_t value, size_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
    ap_write_bytes(writer, bytes, n);
}

static inline void ap_write_u8(ap_writer *writer, uint8_t value)
{
    ap_write_be(writer, value, 1);
}

static inline void ap_write_u16(ap_writer *writer, uint16_t value)
{
    ap_write_be(writer, value, 2);
}

#endif

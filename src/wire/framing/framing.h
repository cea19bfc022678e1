/* What the containers share: the unread bytes, how to take them, how to find a lost stream again.
 *
 * Every decision depends only on the bytes at and behind the current place, never on how many of
 * them happen to have arrived: a container either decides for good or asks for more. */
#ifndef AP_WIRE_FRAMING_FRAMING_H
#define AP_WIRE_FRAMING_FRAMING_H

#include "wire/asterix/proof.h"
#include "wire/framer.h"

/* Longest captured packet: the usual limit of capture programs. */
#define AP_FRAMING_PACKET_MAX 262144u

/* What the bytes at a place are. */
typedef enum ap_framing_verdict {
    AP_FRAMING_MORE, /* cannot be said before more bytes are there */
    AP_FRAMING_NO,   /* no element */
    AP_FRAMING_YES   /* an element of *size bytes */
} ap_framing_verdict;

/* What a look may spend, and what it would need to say more. */
typedef struct ap_framing_work {
    int64_t effort; /* left for proofs, see wire/asterix/proof.h */
    size_t need;    /* of MORE: so many unread bytes change the answer; 0: not known */
} ap_framing_work;

/* Looks for an element `at` bytes behind the first unread one. While the stream is lost (strict)
 * only an element that proves itself counts. `why` tells the reason of a NO, and *size how many
 * bytes can be passed over at once (0: one). */
typedef ap_framing_verdict ap_framing_look(const ap_framer *framer, size_t at, bool strict,
                                           ap_framing_work *work, size_t *size, ap_refusal *why);

/* The next frame of one container: AP_OK, AP_ERR_MORE, or AP_ERR_END when nothing will come. */
typedef ap_err ap_framing_next(ap_framer *framer, ap_frame *frame);

/* How sure the first bytes make us, 0..100; `all` says that they are the whole input. */
typedef int ap_framing_score(const ap_framer *framer, const uint8_t *data, size_t size, bool all);

#define AP_FRAMING_SURE 90

static inline const uint8_t *ap_framing_data(const ap_framer *framer)
{
    return framer->buffer + framer->start;
}

static inline size_t ap_framing_left(const ap_framer *framer)
{
    return framer->end - framer->start;
}

/* Takes `n` <= ap_framing_left bytes. */
static inline void ap_framing_take(ap_framer *framer, size_t n)
{
    framer->start += n;
    framer->offset += n;
    framer->element_at = 0;
    framer->need = 0;
    ap_asterix_effort_earn(&framer->effort, n);
}

/* Takes what is there of `n` bytes and leaves the rest to be skipped as it comes. */
void ap_framing_skip(ap_framer *framer, uint64_t n);

/* Takes `n` <= ap_framing_left bytes that are no element. */
void ap_framing_garbage(ap_framer *framer, size_t n);

/* The end of the input inside an element: counts it, takes the rest and gives AP_ERR_END; more
 * when the input goes on. */
ap_err ap_framing_cut(ap_framer *framer);

/* Finds the next element, passing over and counting what is none. AP_OK: it stands at the first
 * unread byte and is *size bytes long. */
ap_err ap_framing_find(ap_framer *framer, ap_framing_look *look, size_t *size);

/* Frame of ASTERIX blocks, `at` bytes behind the first unread one, without a time. */
ap_frame ap_framing_asterix(const ap_framer *framer, size_t at, size_t size);

/* Times that containers are believed: years 1833 to 2106. Every 32-bit second is inside, and sums
 * and differences of two fit int64. */
#define AP_FRAMING_TIME_MAX_NS INT64_C(4300000000000000000)

static inline bool ap_framing_is_time(int64_t time_ns)
{
    return time_ns >= -AP_FRAMING_TIME_MAX_NS && time_ns <= AP_FRAMING_TIME_MAX_NS;
}

/* Sets UTC when it can be a time; otherwise counts that (CONTAINER) and sets none. */
void ap_framing_set_utc(ap_framer *framer, ap_frame *frame, int64_t time_ns);

/* Sets a time of day when it lies within a day. */
void ap_framing_set_day(ap_frame *frame, int64_t time_ns);

/* Header of a data block; 0 when the length is below a header and one byte. */
size_t ap_framing_block_size(const uint8_t *header);

/* True when [data, data + size) is one or more blocks, header behind header, to its very end. */
bool ap_framing_blocks_fill(const uint8_t *data, size_t size);

/* What that costs of a look's effort, at most. */
static inline int64_t ap_framing_fill_effort(size_t size)
{
    return 1 + (int64_t)(size / 64);
}

/* The blocks of raw files (gap 0) and of GPS files (gap 10), see raw_asterix.c. */
ap_framing_verdict ap_framing_look_block(const ap_framer *framer, size_t at, size_t gap,
                                         bool strict, ap_framing_work *work, size_t *size,
                                         ap_refusal *why);

/* Keeps the category and the source of the block at the first unread byte when it proves itself. */
void ap_framing_note_proof(ap_framer *framer, size_t block);

/* Length of the ORADIS element at the front of data: header and blocks; 0 if it is none. */
size_t ap_framing_oradis_size(const uint8_t *data, size_t size);
#define AP_FRAMING_ORADIS_HEADER_SIZE 6u

/* True when ORADIS elements fill [data, data + size) to its very end. */
bool ap_framing_oradis_fills(const uint8_t *data, size_t size);

/* Length of the Beast element at the front of data; 0 if there is no whole one. */
size_t ap_framing_beast_size(const uint8_t *data, size_t size);

/* True when Beast elements fill [data, data + size) to its very end. */
bool ap_framing_beast_fills(const uint8_t *data, size_t size);

/* Acts on the Beast element of `size` bytes, `at` bytes behind the first unread one, where it stays
 * and may be changed. True when it is a Mode S frame: then *frame. */
bool ap_framing_beast_take(ap_framer *framer, size_t at, size_t size, ap_frame *frame);

/* UDP payload of a captured packet. AP_OK with *payload; otherwise *why. */
ap_err ap_framing_udp_payload(uint16_t link_type, const uint8_t *packet, size_t stored_size,
                              size_t sent_size, ap_bytes *payload, ap_refusal *why);

/* Sets the ticks of a Mode S frame; 0 and those of frames that a network made up (MLAT, UAT, not to
 * be forwarded) leave it without a time. */
void ap_framing_set_ticks(ap_frame *frame, uint64_t ticks_12mhz);

/* Longest line of a text format. */
#define AP_FRAMING_LINE_MAX 16384u

/* Passes blanks and finds the line at the first unread byte, which the end of the input ends too.
 * Lines longer than AP_FRAMING_LINE_MAX are counted (OVERSIZE) and passed over. AP_OK: *size bytes
 * without their newline; *taken with it. */
ap_err ap_framing_line(ap_framer *framer, size_t *size, size_t *taken);

ap_framing_next ap_framing_next_asterix, ap_framing_next_pcap, ap_framing_next_final,
    ap_framing_next_gps, ap_framing_next_oradis, ap_framing_next_beast, ap_framing_next_avr,
    ap_framing_next_json_lines, ap_framing_next_sbs, ap_framing_next_aircraft,
    ap_framing_next_gdl90;
ap_framing_score ap_framing_score_asterix, ap_framing_score_pcap, ap_framing_score_final,
    ap_framing_score_gps, ap_framing_score_oradis, ap_framing_score_beast, ap_framing_score_avr,
    ap_framing_score_json_lines, ap_framing_score_sbs, ap_framing_score_aircraft,
    ap_framing_score_gdl90;

#endif

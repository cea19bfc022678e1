/* Framer: chunks of a file or stream to frames, whatever the container.
 *
 * Hop 2. Formats are rows of one table (framer.c): key, how sure the first bytes make us, and the
 * function that finds the next frame. Chunks may be cut anywhere; the frames are the same.
 *
 * Use:
 *     ap_framer_init(&framer, AP_FORMAT_AUTO, &editions, mem, AP_FRAMER_SIZE);
 *     for (;;) {
 *         uint8_t *space; size_t cap = ap_framer_space(&framer, &space);
 *         size_t n = read(space, cap);
 *         ap_framer_commit(&framer, n);            (n = 0: end of input)
 *         while (ap_framer_next(&framer, &frame) == AP_OK) ...use frame...
 *     }
 * Frames point into the framer's buffer and are valid until the next call of space. */
#ifndef AP_WIRE_FRAMER_H
#define AP_WIRE_FRAMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/asterix.h"
#include "airpicture/err.h"
#include "airpicture/refusal.h"
#include "airpicture/time.h"

/* clang-format off */
#define AP_FORMAT_MAP(X)                                                                   \
    X(AUTO,    "auto",    "recognised by its first bytes")                                 \
    X(ASTERIX, "asterix", "raw ASTERIX data blocks, one behind the other")                 \
    X(PCAP,    "pcap",    "packet capture, pcap or pcapng, UDP: ASTERIX, ORADIS or Beast") \
    X(FINAL,   "final",   "FINAL (IOSS) recording")                                        \
    X(GPS,     "gps",     "recording with a 2,200-byte head and 10-byte trailers")         \
    X(ORADIS,  "oradis",  "ORADIS datagrams one behind the other")                         \
    X(BEAST,   "beast",   "Beast binary frames of a Mode S receiver")                      \
    X(AVR,     "avr",     "AVR text lines of a Mode S receiver")                               \
    X(JSONL,   "jsonl",   "JSON lines of Mode S frames, such as jet1090 writes")                \
    X(SBS,     "sbs",     "SBS/BaseStation lines, targets")                                        \
    X(AIRCRAFT, "aircraft", "aircraft.json of readsb and dump1090, targets")                      \
    X(GDL90,   "gdl90",   "GDL90 messages, targets")
/* clang-format on */

typedef enum ap_format {
#define AP_FORMAT_ENUM(name, key, text) AP_FORMAT_##name,
    AP_FORMAT_MAP(AP_FORMAT_ENUM)
#undef AP_FORMAT_ENUM
        AP_FORMAT_COUNT
} ap_format;

const char *ap_format_key(ap_format format);

/* The format with this key; AP_FORMAT_COUNT if there is none. */
ap_format ap_format_of_key(const char *key);

typedef enum ap_frame_kind {
    AP_FRAME_ASTERIX,  /* one or more data blocks */
    AP_FRAME_MODES,    /* one Mode S frame, 7 or 14 bytes */
    AP_FRAME_SBS,      /* one line that reads, see wire/feed/sbs.h */
    AP_FRAME_AIRCRAFT, /* one aircraft's object that reads, see wire/feed/aircraft_json.h */
    AP_FRAME_GDL90     /* one message that reads, see wire/feed/gdl90.h */
} ap_frame_kind;

/* How the receive time of a frame is known. */
typedef enum ap_frame_time {
    AP_FRAME_TIME_NONE, /* the container has none */
    AP_FRAME_TIME_DAY,  /* time_ns = nanoseconds since midnight, the day is not known */
    AP_FRAME_TIME_UTC,  /* time_ns = UTC */
    AP_FRAME_TIME_TICKS /* ticks_12mhz = the receiver's free-running 12 MHz counter, 48 bits */
} ap_frame_time;

typedef struct ap_frame {
    ap_frame_kind kind;
    ap_frame_time time_kind;
    int64_t time_ns;      /* TIME_DAY, TIME_UTC */
    uint64_t ticks_12mhz; /* TIME_TICKS; of Beast and AVR frames also beside TIME_UTC, else 0 */
    uint64_t offset;      /* of the frame's first payload byte in the (decompressed) input */
    const uint8_t *data;
    size_t size;
    bool has_signal;
    uint8_t signal; /* Beast level, 0..255, amplitude of full scale */
    bool has_receiver;
    uint64_t receiver;   /* who received it, in a merged Beast stream */
    bool synthetic;      /* made up by a network: its time is none */
    bool multilaterated; /* synthetic, and placed by multilateration */
} ap_frame;

/* Enough for two of the longest elements of any format behind a read of 64 KiB. */
#define AP_FRAMER_SIZE (512u * 1024u)

/* Interfaces of a pcapng section that are told apart; packets of further ones are refused. */
#define AP_FRAMER_INTERFACE_CAP 64u

/* State of pcap and pcapng. */
typedef struct ap_framer_capture {
    bool is_pcapng;
    bool in_beast; /* the packet whose elements are being handed out is one of Beast */
    bool little_endian;
    bool nanosecond; /* pcap: unit of the fraction */
    bool has_last;   /* pcap: last_s is known */
    uint32_t last_s; /* pcap: seconds of the last packet whose time can be believed */
    bool has_jump;   /* pcap: jump_s is known */
    uint32_t jump_s; /* pcap: of a packet more than a day off, which the next may confirm */
    uint32_t interface_count; /* pcap: 1; pcapng: of the current section */
    struct {
        uint16_t link_type;
        uint8_t resolution; /* of pcapng: 10^-n s, or 2^-n s with the high bit */
        int64_t offset_s;
        uint32_t snap_size; /* 0: no limit */
    } interface[AP_FRAMER_INTERFACE_CAP];
} ap_framer_capture;

typedef struct ap_framer {
    ap_format format;                    /* AUTO until recognised */
    const ap_asterix_editions *editions; /* to prove blocks when the stream was lost */
    uint8_t *buffer;
    size_t cap;
    size_t start, end; /* unread bytes of buffer */
    uint64_t offset;   /* of buffer[start] in the input */
    bool ended;        /* the end of the input was committed */
    bool unknown;      /* AUTO recognised nothing */
    ap_refusals refused;
    uint64_t frame_count;
    /* of the containers */
    bool head_done;     /* the file header was taken */
    bool lost;          /* searching for the next element that proves itself */
    uint32_t proved[8]; /* bit per category: a block of it has proved itself */
    uint64_t skip_size; /* bytes that belong to a skipped element */
    size_t element_at;  /* bytes of the current element already handed out */
    int64_t effort;     /* left for proofs, see wire/asterix/proof.h */
    size_t need;        /* unread bytes before the next element can be told; 0: not known */
    bool has_utc;       /* Beast, aircraft.json: the last time that the stream told */
    int64_t utc_ns;
    bool has_receiver; /* Beast: whose frame comes next */
    uint64_t receiver;
    bool has_day; /* GDL90: time of day of the last heartbeat */
    int64_t day_ns;
    uint8_t document; /* aircraft.json: outside, in the object, among the aircraft */
    bool has_name;    /* Beast: whose frames all are that do not say it themselves */
    uint64_t name;
    uint32_t source[65536 / 32]; /* bit per SAC << 8 | SIC: a block of it has proved itself */
    ap_framer_capture capture;
} ap_framer;

/* `mem` of `mem_size` >= AP_FRAMER_SIZE is its buffer and outlives it. editions may not be NULL. */
ap_err ap_framer_init(ap_framer *framer, ap_format format, const ap_asterix_editions *editions,
                      void *mem, size_t mem_size);

/* Where the next bytes go; *space has room for the returned count: >= 64 KiB when
 * ap_framer_next was called until it gave no more frames, else what is left, down to 0. */
size_t ap_framer_space(ap_framer *framer, uint8_t **space);

/* `n` bytes were put there; 0 marks the end of the input. */
void ap_framer_commit(ap_framer *framer, size_t n);

/* The next whole frame. AP_ERR_MORE: commit more; AP_ERR_END: nothing more will come.
 * AP_ERR_UNKNOWN: format AUTO and the bytes are none that we know (stays so). Bad input is counted
 * in `refused` and passed over: never an error. */
ap_err ap_framer_next(ap_framer *framer, ap_frame *frame);

#endif

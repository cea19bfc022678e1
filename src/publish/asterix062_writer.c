#include "publish/asterix062_writer.h"

#include <math.h>

#include "airpicture/asterix.h"
#include "airpicture/asterix/cat063.h"
#include "airpicture/asterix/cat065.h"
#include "base/arena.h"
#include "picture/picture.h"
#include "publish/asterix062.h"

#define PERIOD_MIN_S 0.25
#define PERIOD_MAX_S 60.0
#define UPDATE_MIN_S 0.05
#define UPDATE_MAX_S 10.0
#define TRACK_CAP_MIN 16u
#define TRACK_CAP_MAX 65535u
#define REFERENCE_MAX_RAD (89.0 * AP_RAD_PER_DEG)
#define PAUSE_NS (60 * AP_NS_PER_S)
#define TURNS_TO_SILENCE 3 /* a sensor without data for so many turns is not connected */

enum { STATUS = 1, END_OF_BATCH = 2 }; /* messages of I065/000 */

struct ap_asterix062_state {
    ap_asterix062_config config;
    ap_asterix062_stats stats;
    ap_system_plane plane;
    ap_picture picture;      /* the tracks as they were told last */
    const ap_track **listed; /* [track_cap] */
    uint32_t *announced; /* [slot_count] ids of tracks that were sent, open addressing, 0 = empty */
    ap_utc_ns *told;     /* [slot_count] when each was sent last */
    uint32_t slot_count, announced_count;
    ap_utc_ns next; /* batch, AP_UTC_UNKNOWN before the first tick */
    ap_utc_ns next_update;
    uint64_t told_sequence; /* of the picture: changes up to it were sent */
    ap_utc_ns last;         /* batch sent, or AP_UTC_UNKNOWN */
    ap_utc_ns sent;         /* time of the newest datagram, or AP_UTC_UNKNOWN */
    uint8_t batch_number;
    /* the datagram under construction */
    ap_utc_ns time;
    uint8_t open_category; /* 0 = no block is open */
    size_t block_offset;
    ap_writer datagram;
};

ap_asterix062_config ap_asterix062_config_default(void)
{
    return (
        ap_asterix062_config){ .service = 1, .period_s = 5.0, .update_s = 0.25, .track_cap = 4096 };
}

static bool config_is_good(const ap_asterix062_config *c)
{
    bool reference_is_good =
        !c->has_reference || (fabs(c->reference.latitude_rad) <= REFERENCE_MAX_RAD &&
                              fabs(c->reference.longitude_rad) <= AP_PI);
    return c->period_s >= PERIOD_MIN_S && c->period_s <= PERIOD_MAX_S &&
           c->update_s >= UPDATE_MIN_S && c->update_s <= UPDATE_MAX_S &&
           c->track_cap >= TRACK_CAP_MIN && c->track_cap <= TRACK_CAP_MAX && reference_is_good &&
           c->on_datagram;
}

static ap_picture_config picture_config(const ap_asterix062_config *config)
{
    return (ap_picture_config){ .track_cap = config->track_cap, .alert_cap = 16 };
}

static uint32_t slots_for(uint32_t track_cap)
{
    uint32_t count = 1;
    while (count < 2 * track_cap)
        count *= 2;
    return count;
}

static struct ap_asterix062_state *lay_out(const ap_asterix062_config *config, ap_arena *arena,
                                           void **picture_mem)
{
    ap_picture_config picture = picture_config(config);
    struct ap_asterix062_state *state = ap_arena_take(arena, 1, sizeof *state);
    const ap_track **listed = ap_arena_take(arena, config->track_cap, sizeof *listed);
    uint32_t *announced = ap_arena_take(arena, slots_for(config->track_cap), sizeof *announced);
    ap_utc_ns *told = ap_arena_take(arena, slots_for(config->track_cap), sizeof *told);
    uint8_t *datagram = ap_arena_take(arena, AP_ASTERIX062_DATAGRAM_SIZE, 1);
    *picture_mem = ap_arena_take(arena, ap_picture_size(&picture), 1);
    if (state) {
        state->listed = listed;
        state->announced = announced;
        state->told = told;
        state->datagram = ap_writer_of(datagram, AP_ASTERIX062_DATAGRAM_SIZE);
    }
    return state;
}

size_t ap_asterix062_writer_size(const ap_asterix062_config *config)
{
    if (!config_is_good(config))
        return 0;
    void *picture_mem;
    ap_arena arena = ap_arena_measure();
    lay_out(config, &arena, &picture_mem);
    return ap_arena_need(&arena);
}

ap_err ap_asterix062_writer_init(ap_asterix062_writer *writer, const ap_asterix062_config *config,
                                 void *mem, size_t mem_size)
{
    size_t need = ap_asterix062_writer_size(config);
    if (need == 0)
        return AP_ERR_ARGUMENT;
    if (!mem || mem_size < need)
        return AP_ERR_MEMORY;
    void *picture_mem;
    ap_arena arena = ap_arena_over(mem, mem_size);
    struct ap_asterix062_state *s = lay_out(config, &arena, &picture_mem);
    ap_picture_config picture = picture_config(config);
    s->config = *config;
    s->slot_count = slots_for(config->track_cap);
    s->next = s->next_update = s->last = s->sent = AP_UTC_UNKNOWN;
    if (config->has_reference)
        s->plane = ap_system_plane_at(config->reference);
    writer->state = s;
    return ap_picture_init(&s->picture, &picture, picture_mem, ap_picture_size(&picture));
}

/* ---- tracks that the receiver knows ---- */

static uint32_t slot_home(const struct ap_asterix062_state *s, uint32_t id)
{
    return id * UINT32_C(2654435769) & (s->slot_count - 1);
}

/* The slot of this id, or the empty one where it belongs. */
static uint32_t slot_of(const struct ap_asterix062_state *s, uint32_t id)
{
    uint32_t slot = slot_home(s, id);
    while (s->announced[slot] != 0 && s->announced[slot] != id)
        slot = (slot + 1) & (s->slot_count - 1);
    return slot;
}

/* Empties a slot and moves those behind it up, so that no search stops early. */
static void forget(struct ap_asterix062_state *s, uint32_t slot)
{
    uint32_t mask = s->slot_count - 1;
    for (uint32_t next = (slot + 1) & mask; s->announced[next] != 0; next = (next + 1) & mask) {
        uint32_t home = slot_home(s, s->announced[next]);
        if (((next - home) & mask) >= ((next - slot) & mask)) {
            s->announced[slot] = s->announced[next];
            s->told[slot] = s->told[next];
            slot = next;
        }
    }
    s->announced[slot] = 0;
    s->announced_count--;
}

/* ---- datagrams ---- */

static void close_block(struct ap_asterix062_state *s)
{
    if (s->open_category == 0)
        return;
    /* A datagram is far smaller than the largest block. */
    (void)ap_asterix_block_close(&s->datagram, s->block_offset);
    s->open_category = 0;
}

static void send(struct ap_asterix062_state *s)
{
    close_block(s);
    if (s->datagram.size == 0)
        return;
    s->stats.datagram_count++;
    s->stats.byte_count += s->datagram.size;
    s->sent = s->time;
    s->config.on_datagram(s->config.context, s->time, s->datagram.data, s->datagram.size);
    s->datagram.size = 0;
}

typedef union record {
    ap_cat062 cat062;
    ap_cat063 cat063;
    ap_cat065 cat065;
} record;

static ap_err encode(ap_writer *writer, uint8_t category, const record *r)
{
    switch (category) {
    case 62:
        return ap_cat062_encode(writer, &r->cat062);
    case 63:
        return ap_cat063_encode(writer, &r->cat063);
    default:
        return ap_cat065_encode(writer, &r->cat065);
    }
}

/* Appends to the open block, or to a new one when its category differs. On an error the datagram
 * is as before. */
static ap_err try_append(struct ap_asterix062_state *s, uint8_t category, const record *r)
{
    if (s->open_category != category) {
        close_block(s);
        size_t start = s->datagram.size;
        size_t offset = ap_asterix_block_open(&s->datagram, category);
        ap_err err = s->datagram.bad ? AP_ERR_FULL : encode(&s->datagram, category, r);
        s->datagram.bad = false;
        if (err != AP_OK) {
            s->datagram.size = start;
            return err;
        }
        s->block_offset = offset;
        s->open_category = category;
        return AP_OK;
    }
    ap_err err = encode(&s->datagram, category, r);
    s->datagram.bad = false;
    return err;
}

static bool append(struct ap_asterix062_state *s, uint8_t category, const record *r)
{
    ap_err err = try_append(s, category, r);
    if (err == AP_ERR_FULL && s->datagram.size > 0) {
        send(s);
        err = try_append(s, category, r);
    }
    if (err != AP_OK)
        s->stats.refused_count++;
    else
        s->stats.record_count++;
    return err == AP_OK;
}

/* ---- records ---- */

static void append_status(struct ap_asterix062_state *s, uint8_t message_type)
{
    record r = { .cat065 = { .present =
                                 AP_CAT065_I010 | AP_CAT065_I000 | AP_CAT065_I015 | AP_CAT065_I030,
                             .i010 = { s->config.sac, s->config.sic },
                             .i000 = message_type,
                             .i015 = s->config.service,
                             .i030_128th_s = ap_tod_from_utc(s->time) } };
    if (message_type == END_OF_BATCH) {
        r.cat065.present |= AP_CAT065_I020;
        r.cat065.i020 = s->batch_number;
    } else {
        r.cat065.present |= AP_CAT065_I040; /* all zero: operational, times valid */
    }
    append(s, 65, &r);
}

static bool is_connected(const ap_sensor *sensor, const ap_sensor_stats *stats, ap_utc_ns now)
{
    return stats->last_utc != AP_UTC_UNKNOWN && stats->record_count > 0 &&
           ap_seconds_between(stats->last_utc, now) <= TURNS_TO_SILENCE * sensor->turn_s;
}

static int16_t steps_i16(double value, double step)
{
    double count = nearbyint(value / step);
    return (int16_t)(count > INT16_MAX ? INT16_MAX : count > INT16_MIN ? count : INT16_MIN);
}

/* Bias that is being removed from a radar's ranges and azimuths. */
static void put_bias(const ap_sensor *sensor, ap_cat063 *r)
{
    const double range_step_m = AP_M_PER_NMI / 128.0, azimuth_step_rad = 2.0 * AP_PI / 65536.0;
    int16_t range = steps_i16(sensor->range_bias_m, range_step_m);
    int16_t azimuth = steps_i16(sensor->azimuth_bias_rad, azimuth_step_rad);
    ap_sensor_kind kind = sensor->kind;
    if (kind == AP_SENSOR_SSR || kind == AP_SENSOR_MODE_S || kind == AP_SENSOR_COMBINED) {
        r->present |= AP_CAT063_I080 | AP_CAT063_I081;
        r->i080.srb_128th_nmi = range;
        r->i081_turn16 = azimuth;
    }
    if (kind == AP_SENSOR_PSR || kind == AP_SENSOR_COMBINED) {
        r->present |= AP_CAT063_I090 | AP_CAT063_I091;
        r->i090.prb_128th_nmi = range;
        r->i091_turn16 = azimuth;
    }
}

static void append_sensor(struct ap_asterix062_state *s, const ap_sensor *sensor,
                          const ap_sensor_stats *stats)
{
    enum { OPERATIONAL = 0, NOT_CONNECTED = 3 };
    record r = { .cat063 = { .present = AP_CAT063_I010 | AP_CAT063_I015 | AP_CAT063_I030 |
                                        AP_CAT063_I050 | AP_CAT063_I060,
                             .i010 = { s->config.sac, s->config.sic },
                             .i015 = s->config.service,
                             .i030_128th_s = ap_tod_from_utc(s->time),
                             .i050 = { sensor->sac, sensor->sic } } };
    r.cat063.i060.con = is_connected(sensor, stats, s->time) ? OPERATIONAL : NOT_CONNECTED;
    put_bias(sensor, &r.cat063);
    append(s, 63, &r);
}

static bool append_track(struct ap_asterix062_state *s, const ap_track *track, unsigned marks)
{
    ap_asterix062_sender sender = { .sac = s->config.sac,
                                    .sic = s->config.sic,
                                    .service = s->config.service,
                                    .plane = s->config.has_reference ? &s->plane : NULL };
    record r;
    ap_asterix062_from_track(&sender, track, marks, &r.cat062);
    bool told = append(s, 62, &r);
    s->stats.track_record_count += told;
    return told;
}

/* A track that was sent, and is not any more. */
static void append_last(struct ap_asterix062_state *s, uint32_t slot, const ap_track *track)
{
    forget(s, slot);
    append_track(s, track, AP_ASTERIX062_LAST);
}

/* A track moved to the time of the datagram; its first message says so. */
static void append_listed(struct ap_asterix062_state *s, const ap_track *track)
{
    if (track->number == 0 || track->time_utc == AP_UTC_UNKNOWN)
        return;
    uint32_t slot = slot_of(s, track->id);
    bool first = s->announced[slot] == 0;
    if (s->config.filter && !ap_track_filter_passes(s->config.filter, track)) {
        ap_track left = ap_track_at(track, s->time);
        if (!first)
            append_last(s, slot, &left);
        return;
    }
    if (first && s->announced_count == s->config.track_cap) {
        s->stats.refused_count++;
        return;
    }
    ap_track moved = ap_track_at(track, s->time);
    if (!append_track(s, &moved, first ? AP_ASTERIX062_FIRST : 0))
        return;
    s->told[slot] = s->time;
    if (!first)
        return;
    s->announced[slot] = track->id; /* only now: a record that was refused told nothing */
    s->announced_count++;
}

static ap_utc_ns ns_of(double seconds)
{
    return (ap_utc_ns)nearbyint(seconds * (double)AP_NS_PER_S);
}

/* Told on updates, it need not be told again: it went less than a period ago as it is. */
static bool is_told(const struct ap_asterix062_state *s, const ap_track *track)
{
    uint32_t slot = slot_of(s, track->id);
    return s->config.on_update && s->announced[slot] != 0 &&
           s->time - s->told[slot] < ns_of(s->config.period_s) &&
           ap_picture_sequence_of(&s->picture, track->id) <= s->told_sequence;
}

static void send_batch(struct ap_asterix062_state *s, ap_utc_ns time)
{
    const ap_sensor_table *sensors = s->config.sensors;
    s->time = time;
    append_status(s, STATUS);
    for (uint16_t i = 0; sensors && i < sensors->count; i++)
        if (sensors->sensor[i].has_sac_sic)
            append_sensor(s, &sensors->sensor[i], &sensors->stats[i]);
    size_t count = ap_picture_tracks(&s->picture, s->listed, s->config.track_cap);
    for (size_t i = 0; i < count; i++)
        if (!is_told(s, s->listed[i]))
            append_listed(s, s->listed[i]);
    append_status(s, END_OF_BATCH);
    send(s);
    s->told_sequence = ap_picture_sequence(&s->picture);
    s->last = time;
    s->batch_number++;
    s->stats.batch_count++;
}

/* The tracks that have changed since the last time. */
static void send_updates(struct ap_asterix062_state *s, ap_utc_ns time)
{
    const ap_track *track = NULL;
    s->time = time;
    while ((track = ap_picture_next_change(&s->picture, s->told_sequence, track)))
        if (track->state == AP_TRACK_FIRM || track->state == AP_TRACK_COASTING)
            append_listed(s, track);
    send(s);
    s->told_sequence = ap_picture_sequence(&s->picture);
}

/* ---- public ---- */

/* The first point of the grid at or after `time`; the grid starts anew each midnight. */
static ap_utc_ns grid_point(ap_utc_ns time, ap_utc_ns period)
{
    ap_utc_ns in_day = time % AP_NS_PER_DAY;
    if (in_day < 0)
        in_day += AP_NS_PER_DAY;
    ap_utc_ns point = (in_day + period - 1) / period * period;
    return time - in_day + (point < AP_NS_PER_DAY ? point : AP_NS_PER_DAY);
}

/* Those before the next batch, the last one at its time left to the batch. */
static void send_updates_until(struct ap_asterix062_state *s, ap_utc_ns now)
{
    ap_utc_ns period = ns_of(s->config.update_s);
    for (; s->next_update <= now; s->next_update = grid_point(s->next_update + 1, period))
        if (s->next_update < s->next)
            send_updates(s, s->next_update);
}

void ap_asterix062_writer_tick(ap_asterix062_writer *writer, ap_utc_ns now)
{
    struct ap_asterix062_state *s = writer->state;
    ap_utc_ns period = ns_of(s->config.period_s);
    if (now == AP_UTC_UNKNOWN)
        return;
    if (s->next == AP_UTC_UNKNOWN || now - s->next > PAUSE_NS) {
        s->next = grid_point(now, period);
        s->next_update = grid_point(now, ns_of(s->config.update_s));
    }
    while (s->next <= now) {
        if (s->config.on_update)
            send_updates_until(s, s->next);
        send_batch(s, s->next);
        s->next = grid_point(s->next + 1, period);
    }
    if (s->config.on_update)
        send_updates_until(s, now);
}

static void end_track(struct ap_asterix062_state *s, const ap_track_event *event,
                      const ap_track *track)
{
    uint32_t slot = slot_of(s, track->id);
    if (s->announced[slot] == 0)
        return;
    if (event->time_utc == AP_UTC_UNKNOWN || track->time_utc == AP_UTC_UNKNOWN) {
        forget(s, slot);
        return;
    }
    s->time = event->time_utc > s->sent ? event->time_utc : s->sent;
    ap_track moved = ap_track_at(track, s->time);
    moved.state = AP_TRACK_DEAD;
    append_last(s, slot, &moved);
    send(s);
}

void ap_asterix062_writer_track(ap_asterix062_writer *writer, const ap_track_event *event,
                                const ap_track *track)
{
    struct ap_asterix062_state *s = writer->state;
    if (track->number == 0) { /* not confirmed, or beyond the numbers that there are */
        s->stats.unnumbered_count += event->kind == AP_EVENT_CONFIRMED;
        return;
    }
    /* These are told at the tracker's own time, which may be several batches on. */
    if (event->kind == AP_EVENT_COASTED || event->kind == AP_EVENT_DROPPED)
        ap_asterix062_writer_tick(writer, event->time_utc);
    uint64_t refused = ap_picture_refused(&s->picture);
    ap_picture_track(&s->picture, event, track);
    s->stats.refused_count += ap_picture_refused(&s->picture) - refused;
    if (event->kind == AP_EVENT_DROPPED)
        end_track(s, event, track);
}

void ap_asterix062_writer_flush(ap_asterix062_writer *writer, ap_utc_ns now)
{
    struct ap_asterix062_state *s = writer->state;
    ap_asterix062_writer_tick(writer, now);
    if (now > s->last) /* unknown times are the smallest */
        send_batch(s, now > s->sent ? now : s->sent);
}

ap_asterix062_stats ap_asterix062_writer_stats(const ap_asterix062_writer *writer)
{
    return writer->state->stats;
}

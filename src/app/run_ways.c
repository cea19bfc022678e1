#include "app/run_ways.h"

#include <stdlib.h>
#include <string.h>

static bool is_same(const ap_run_output *one, const ap_run_output *other)
{
    return one->kind == other->kind && one->transport == other->transport &&
           one->port == other->port && strcmp(one->host, other->host) == 0 &&
           strcmp(one->interface, other->interface) == 0 && one->ttl == other->ttl &&
           one->client_cap == other->client_cap && one->queue_kb == other->queue_kb;
}

static bool is_open(const ap_run_way *way)
{
    return way->udp.state || way->feed.state;
}

static ap_err open_socket(ap_run_way *way, ap_loop *loop, char message[AP_IO_MESSAGE_SIZE])
{
    const ap_run_output *from = &way->of;
    if (from->transport == AP_RUN_UDP) {
        const ap_udp_out_config udp = { .hosts = { from->host },
                                        .host_count = 1,
                                        .interface = *from->interface ? from->interface : NULL,
                                        .ttl = from->ttl };
        return ap_udp_out_open_to(&way->udp, &udp, message);
    }
    const ap_stream_out_config tcp = { .address = from->host,
                                       .port = from->port,
                                       .client_cap = from->client_cap,
                                       .queue_size = from->queue_kb << 10 };
    return ap_stream_feed_open(&way->feed, loop, &tcp, message);
}

static int open_way(ap_run_way *way, const ap_command *command, ap_loop *loop)
{
    char message[AP_IO_MESSAGE_SIZE];
    ap_err err = open_socket(way, loop, message);
    if (!err)
        return AP_EXIT_OK;
    return ap_command_fail(command, err == AP_ERR_MEMORY ? AP_EXIT_SOFTWARE : AP_EXIT_NO_OUTPUT,
                           "output '%s': %s", way->of.name, message);
}

/* That of `old` which it can go on with, or NULL. */
static ap_run_way *same_of(const ap_run_ways *old, const ap_run_output *output)
{
    for (uint32_t i = 0; old && i < old->count; i++)
        if (is_open(&old->way[i]) && is_same(&old->way[i].of, output))
            return &old->way[i];
    return NULL;
}

static bool has_to_wait(const ap_run_ways *old, const ap_run_output *output)
{
    for (uint32_t i = 0; old && i < old->count; i++)
        if (old->way[i].of.transport == AP_RUN_TCP &&
            ap_run_output_shares(output, old->way[i].of.host, old->way[i].of.port))
            return true;
    return same_of(old, output) != NULL;
}

int ap_run_ways_open(ap_run_ways *ways, const ap_command *command, const ap_run_config *config,
                     ap_loop *loop, const ap_run_ways *old)
{
    int status = AP_EXIT_OK;
    *ways = (ap_run_ways){ .way = calloc(config->output_count + 1u, sizeof *ways->way),
                           .count = config->output_count };
    if (!ways->way) {
        ways->count = 0;
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    }
    for (uint32_t i = 0; !status && i < ways->count; i++) {
        ways->way[i].of = config->outputs[i];
        if (!has_to_wait(old, &config->outputs[i]))
            status = open_way(&ways->way[i], command, loop);
    }
    if (status)
        ap_run_ways_close(ways);
    return status;
}

int ap_run_ways_follow(ap_run_ways *ways, const ap_command *command, ap_loop *loop,
                       ap_run_ways *old)
{
    int status = AP_EXIT_OK;
    for (uint32_t i = 0; i < ways->count; i++) {
        ap_run_way *way = &ways->way[i];
        ap_run_way *same = is_open(way) ? NULL : same_of(old, &way->of);
        if (!same)
            continue;
        way->udp = same->udp;
        way->feed = same->feed;
        same->udp.state = NULL;
        same->feed.state = NULL;
    }
    ap_run_ways_close(old);
    for (uint32_t i = 0; !status && i < ways->count; i++)
        if (!is_open(&ways->way[i]))
            status = open_way(&ways->way[i], command, loop);
    return status;
}

void ap_run_ways_close(ap_run_ways *ways)
{
    for (uint32_t i = 0; i < ways->count; i++) {
        ap_udp_out_close(&ways->way[i].udp);
        ap_stream_feed_close(&ways->way[i].feed);
    }
    free(ways->way);
    *ways = (ap_run_ways){ .count = 0 };
}

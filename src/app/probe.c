#include "app/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/asterix_probe.h"
#include "app/source.h"
#include "wire/asterix/walk.h"

enum { PROBE_CAP = 256, BLOCKS_MAX = 1000, INPUT_BYTES_MAX = 32 << 20 };

typedef struct probed_source {
    uint8_t sac, sic;
    ap_asterix_probe probe;
} probed_source;

typedef struct probing {
    const ap_asterix_editions *editions;
    size_t count;
    probed_source source[PROBE_CAP];
} probing;

/* NULL when the table is full. */
static probed_source *find_source(probing *of, uint8_t category, const uint8_t codes[2])
{
    for (size_t k = 0; k < of->count; k++) {
        probed_source *source = &of->source[k];
        if (source->probe.category == category && source->sac == codes[0] &&
            source->sic == codes[1])
            return source;
    }
    if (of->count == PROBE_CAP)
        return NULL;
    probed_source *source = &of->source[of->count++];
    source->sac = codes[0];
    source->sic = codes[1];
    ap_asterix_probe_init(&source->probe, category);
    return source;
}

static void probe_frame(probing *of, const ap_frame *frame)
{
    ap_reader reader = ap_reader_of(frame->data, frame->size);
    ap_asterix_block block;
    while (ap_asterix_block_next(&reader, &block) == AP_OK) {
        const ap_asterix_spec *spec = of->editions->category[block.category];
        const uint8_t *codes = spec ? ap_asterix_first_source(spec, block.data, block.size) : NULL;
        if (!codes)
            continue;
        probed_source *source = find_source(of, block.category, codes);
        if (source && source->probe.block_count < BLOCKS_MAX)
            ap_asterix_probe_block(&source->probe, block.data, block.size);
    }
}

/* Whether people chose its edition: then nothing has to be found. */
static bool is_chosen(const ap_asterix_editions *editions, const probed_source *source)
{
    for (unsigned k = 0; k < editions->source_count; k++)
        if (editions->source[k].sac == source->sac && editions->source[k].sic == source->sic &&
            ap_asterix_spec_category(editions->source[k].spec) == source->probe.category)
            return true;
    return editions->level[source->probe.category] > AP_EDITION_BY_DEFAULT;
}

static void tell(const ap_command *command, const probed_source *source,
                 const ap_asterix_probed *found)
{
    fprintf(stderr, "airpicture %s: CAT%03u of %u/%u: edition %s", command->name,
            source->probe.category, source->sac, source->sic, ap_asterix_spec_edition(found->spec));
    if (found->oldest != found->spec)
        fprintf(stderr, " (or any since %s, alike here)", ap_asterix_spec_edition(found->oldest));
    fprintf(stderr, ", %.0f %% sure: of %u block%s %.1f %% fit, %.1f %% of their records plausible",
            100.0 * found->sure, source->probe.block_count,
            source->probe.block_count == 1 ? "" : "s", 100.0 * found->fit_share,
            100.0 * found->plausible_share);
    if (found->next)
        fprintf(stderr, "; next is %s with %.1f %%", ap_asterix_spec_edition(found->next),
                100.0 * found->next_score);
    fputc('\n', stderr);
}

static void settle(const ap_command *command, const probing *of, ap_asterix_editions *editions)
{
    for (size_t k = 0; k < of->count; k++) {
        const probed_source *source = &of->source[k];
        ap_asterix_probed found;
        if (is_chosen(editions, source))
            continue;
        if (ap_asterix_probe_best(&source->probe, &found)) {
            fprintf(stderr, "airpicture %s: CAT%03u of %u/%u: no known edition fits\n",
                    command->name, source->probe.category, source->sac, source->sic);
            continue;
        }
        tell(command, source, &found);
        if (found.spec != editions->category[source->probe.category] &&
            ap_asterix_editions_choose_source(editions, AP_EDITION_BY_TRIAL, source->sac,
                                              source->sic, found.spec))
            fprintf(stderr, "airpicture %s: no room for the edition of CAT%03u of %u/%u\n",
                    command->name, source->probe.category, source->sac, source->sic);
    }
}

int ap_probe_inputs(const ap_command *command, const char *const *paths, size_t count,
                    ap_format format, ap_asterix_editions *editions)
{
    probing *of = calloc(1, sizeof *of);
    if (!of)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    of->editions = editions;
    int status = AP_EXIT_OK;
    for (size_t k = 0; k < count && !status; k++) {
        ap_source source;
        if (strcmp(paths[k], "-") == 0) {
            status = ap_command_fail(command, AP_EXIT_USAGE,
                                     "--probe reads its inputs twice; name files, or editions");
            break;
        }
        if (ap_source_open(&source, paths[k], (uint16_t)k, format, editions, 0) == AP_OK)
            for (ap_source_advance(&source);
                 source.has_frame && source.byte_count < INPUT_BYTES_MAX;
                 ap_source_advance(&source))
                if (source.frame.kind == AP_FRAME_ASTERIX)
                    probe_frame(of, &source.frame);
        ap_source_close(&source); /* one that does not open is told when it is decoded */
    }
    if (!status)
        settle(command, of, editions);
    free(of);
    return status;
}

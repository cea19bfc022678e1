/* What samples come to, and the status that follows. Only for src/score.
 *
 * evaluation_flight.c collects the samples of a flight, evaluation_whole.c answers the rows that
 * are not of flights, evaluation_require.c makes answers of both. */
#ifndef AP_SCORE_EVALUATION_TALLY_H
#define AP_SCORE_EVALUATION_TALLY_H

#include "score/evaluation_state.h"

/* Samples of one flight, or of all. */
typedef struct ap_tally {
    uint64_t count, hits;
    double sum, magnitude_sum, square, most;
} ap_tally;

/* One more sample of a number; the magnitudes of the first column_cap stay in state->column. */
void ap_tally_add(struct ap_evaluation_state *state, const ap_requirement *row, ap_tally *tally,
                  double value);

/* Value, counts and status of a row whose samples are all in one tally. */
void ap_tally_conclude(struct ap_evaluation_state *state, const ap_requirement *row,
                       const ap_tally *tally, ap_requirement_result *result);

/* The samples of one flight, by its index in the truth. */
void ap_tally_flight(struct ap_evaluation_state *state, const ap_requirement *row, uint32_t truth,
                     ap_tally *tally);

/* Answers the rows of the picture as a whole. False: the row is of flights. */
bool ap_evaluation_require_whole(struct ap_evaluation_state *state, const ap_requirement *row,
                                 ap_requirement_result *result);

#endif

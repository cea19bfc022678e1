/* The large memory of the stages: taken once, in huge pages where the system gives them, because
 * what is looked up at random in tens of megabytes waits for the tables of small pages too. */
#ifndef AP_IO_MEMORY_H
#define AP_IO_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* `size` > 0 zeroed bytes, aligned to a page; NULL when there are not so many. */
void *ap_memory_take(size_t size);

/* Octets of memory that the process holds, of all its threads; 0 when that cannot be told. */
uint64_t ap_memory_resident(void);

/* Gives it back; size as taken, memory may be NULL. */
void ap_memory_give_back(void *memory, size_t size);

#endif

/* dataset_file.h -- the chunks of a dataset file, as in rs-dataset(5). */
#ifndef RS_DATA_DATASET_FILE_H
#define RS_DATA_DATASET_FILE_H

#include "lib/data/dataset.h"

#define RS_CHUNK_SCHEMA RS_KIND('S', 'C', 'H', 'M')
#define RS_CHUNK_USER_KEY RS_KIND('U', 'K', 'E', 'Y')
#define RS_CHUNK_ITEM_KEY RS_KIND('I', 'K', 'E', 'Y')
#define RS_CHUNK_TYPE_KEY RS_KIND('T', 'K', 'E', 'Y')
#define RS_CHUNK_ROW RS_KIND('E', 'R', 'O', 'W')
#define RS_CHUNK_ITEM RS_KIND('E', 'I', 'T', 'M')
#define RS_CHUNK_TIME RS_KIND('E', 'T', 'I', 'M')
#define RS_CHUNK_VALUE RS_KIND('E', 'V', 'A', 'L')
#define RS_CHUNK_TYPE RS_KIND('E', 'T', 'Y', 'P')

/* Columns of a table: 'C' context of events, 'U' users, 'I' items. */
#define RS_CHUNK_NUMBER(t) RS_KIND(t, 'N', 'U', 'M')
#define RS_CHUNK_DICT(t) RS_KIND(t, 'D', 'I', 'C')
#define RS_CHUNK_PTR(t) RS_KIND(t, 'P', 'T', 'R')
#define RS_CHUNK_CODE(t) RS_KIND(t, 'C', 'O', 'D')
#define RS_CHUNK_TEXT(t) RS_KIND(t, 'T', 'X', 'T')
#define RS_CHUNK_PRESENT(t) RS_KIND(t, 'P', 'R', 'E')

#define RS_EVENTS_MAX ((uint64_t)1 << 40)
#define RS_COLUMNS_MAX 1024

/* One dataset from an open file, checked throughout. */
int rs_dataset_read(struct rs_dataset **out, struct rs_reader *r, unsigned need, struct rs_err *err);

#endif

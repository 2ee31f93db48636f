#pragma once
#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo take any number of arguments, which Swift can't call: one function for each type.

static inline CURLcode daybook_curl_set_text(CURL *handle, CURLoption option, const char *text) {
    return curl_easy_setopt(handle, option, text);
}

static inline CURLcode daybook_curl_set_number(CURL *handle, CURLoption option, long number) {
    return curl_easy_setopt(handle, option, number);
}

static inline CURLcode daybook_curl_set_fields(CURL *handle, const struct curl_slist *fields) {
    return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
}

static inline CURLcode daybook_curl_set_body(CURL *handle, const void *bytes, curl_off_t count) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, count);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_POSTFIELDS, bytes) : code;
}

// The body of an answer is of no interest: it is read so that the connection can be used again, up to what `left` allows.
static size_t daybook_curl_discard(char *bytes, size_t size, size_t count, void *left) {
    (void)bytes;
    long *bytes_left = left;
    *bytes_left -= (long)(size * count);
    return *bytes_left < 0 ? 0 : size * count;
}

static inline CURLcode daybook_curl_discard_answer(CURL *handle, long *bytes_left) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, daybook_curl_discard);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_WRITEDATA, bytes_left) : code;
}

// Asked several times a second while the request is under way: anything but 0 ends it.
static int daybook_curl_progress(void *stopped, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    return __atomic_load_n((int *)stopped, __ATOMIC_RELAXED);
}

static inline CURLcode daybook_curl_stop_when(CURL *handle, int *stopped) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, daybook_curl_progress);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, stopped);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L) : code;
}

static inline void daybook_curl_stop(int *stopped) { __atomic_store_n(stopped, 1, __ATOMIC_RELAXED); }

static inline CURLcode daybook_curl_status(CURL *handle, long *status) {
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, status);
}

static inline CURLcode daybook_curl_retry_after(CURL *handle, curl_off_t *seconds) {
    return curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, seconds);
}

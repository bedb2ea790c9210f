#include "source/http/http1/body_reader.h"

#include "source/http/http1/head_text.h"
#include "source/http/http1/parser.h"

namespace sluice {

BodyReader::Result BodyReader::Read(Buffer& in, StreamEvents* const& stream,
                                    const CodecLimits& limits, const Http1Options& options,
                                    CodecError* error) {
  switch (kind_) {
    case BodyKind::kNone:
      return Result::kEnd;
    case BodyKind::kLength:
      return ReadLength(in, *stream);
    case BodyKind::kChunked:
      return ReadChunks(in, stream, limits, options, error);
    case BodyKind::kUntilClose:
      stream->OnData(in, End::kNo);
      in.Clear();
      return Result::kMore;
  }
  return Result::kError;
}

BodyReader::Result BodyReader::ReadLength(Buffer& in, StreamEvents& stream) {
  const bool last = in.size() >= remaining_;
  if (in.size() <= remaining_) {
    remaining_ -= in.size();
    stream.OnData(in, last ? End::kYes : End::kNo);
    // Nothing that belonged to a body may ever be read as a head.
    in.Clear();
  } else {
    Buffer body(in.pool());
    body.MoveFrom(in, static_cast<size_t>(remaining_));
    remaining_ = 0;
    stream.OnData(body, End::kYes);
  }
  return last ? Result::kEnd : Result::kMore;
}

BodyReader::Result BodyReader::ReadChunks(Buffer& in, StreamEvents* const& stream,
                                          const CodecLimits& limits, const Http1Options& options,
                                          CodecError* error) {
  Buffer body(in.pool());
  if (!in_trailers_) {
    const ChunkedReader::Result result = chunks_.Read(in, body, limits);
    if (result == ChunkedReader::Result::kTrailers) {
      in_trailers_ = true;
      // Decided together with the trailers: they often are in the same read.
      if (!in.empty()) return ReadTrailers(in, body, stream, limits, options, error);
    }
    if (!body.empty()) stream->OnData(body, End::kNo);
    if (result != ChunkedReader::Result::kError) return Result::kMore;
    *error = CodecError::kBadChunk;
    return Result::kError;
  }
  return ReadTrailers(in, body, stream, limits, options, error);
}

BodyReader::Result BodyReader::ReadTrailers(Buffer& in, Buffer& body, StreamEvents* const& stream,
                                            const CodecLimits& limits, const Http1Options& options,
                                            CodecError* error) {
  TrailerSection section;
  HeadText reading;
  const ParseStatus status =
      reading.Run(in, limits.trailers_bytes_max, &trailer_bytes_seen_,
                  [&](absl::string_view text) { return ParseTrailers(text, limits, &section); });
  if (status == ParseStatus::kDone && (!options.enable_trailers || section.fields.empty())) {
    in.Drain(section.size);
    stream->OnData(body, End::kYes);
    return Result::kEnd;
  }
  if (!body.empty()) stream->OnData(body, End::kNo);
  if (status == ParseStatus::kError) {
    *error = section.error;
    return Result::kError;
  }
  if (status == ParseStatus::kNeedMore) {
    if (!reading.exceeded()) return Result::kMore;
    *error = CodecError::kHeadersTooLarge;
    return Result::kError;
  }
  if (stream == nullptr) return Result::kEnd;
  Headers& trailers = stream->BeginHeaders(HeadersKind::kTrailers);
  char* const copy = CopyHeadText(reading.text().substr(0, section.size), trailers.arena());
  in.Drain(section.size);
  AddFields(section.fields, Framing(), copy, trailers);
  stream->OnTrailers(trailers);
  return Result::kEnd;
}

}  // namespace sluice

import CRedis

/// What the server answered.
package enum Reply: Hashable, Sendable {
    /// A short word such as `OK`.
    case status(String)
    case bytes([UInt8])
    case integer(Int64)
    case array([Reply])
    /// Nothing is there.
    case null
    /// Only inside an array (the replies of a transaction); as the reply itself it is thrown.
    case error(RedisError)

    /// The text of a status or of bytes; nil for anything else, and for bytes that are not UTF-8.
    package var text: String? {
        switch self {
        case .status(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .integer, .array, .null, .error: nil
        }
    }

    /// Copies a reply of hiredis.
    init(_ raw: redisReply) throws(RedisError) {
        switch raw.type {
        case REDIS_REPLY_STATUS: self = .status(String(decoding: Self.bytes(raw), as: UTF8.self))
        case REDIS_REPLY_STRING: self = .bytes(Self.bytes(raw))
        case REDIS_REPLY_INTEGER: self = .integer(raw.integer)
        case REDIS_REPLY_ARRAY: self = .array(try Self.elements(raw))
        case REDIS_REPLY_NIL: self = .null
        case REDIS_REPLY_ERROR: self = .error(RedisError(reply: String(decoding: Self.bytes(raw), as: UTF8.self)))
        default: throw RedisError(.malformedReply, "A reply of the unknown type \(raw.type)")
        }
    }

    private static func bytes(_ raw: redisReply) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: raw.str, count: raw.len))
    }

    private static func elements(_ raw: redisReply) throws(RedisError) -> [Reply] {
        var elements: [Reply] = []
        elements.reserveCapacity(raw.elements)
        for element in UnsafeBufferPointer(start: raw.element, count: raw.elements) {
            elements.append(try element.map { pointer throws(RedisError) in try Reply(pointer.pointee) } ?? .null)
        }
        return elements
    }
}

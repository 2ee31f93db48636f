import Foundation

/// A TCP port on 127.0.0.1 that nobody else can take while this value lives, and that never answers.
package final class LocalSocket: Sendable {
    package let port: Int
    package let descriptor: CInt

    /// Listening: connections are made, and then nothing is said. Otherwise they are refused.
    package init(listening: Bool) {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (descriptor, length) = (self.descriptor, size)
        let bound = withUnsafeMutableBytes(of: &address) { bytes in
            let address = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!
            return bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &size) == 0
        }
        precondition(bound && (!listening || listen(descriptor, 8) == 0), "errno \(errno)")
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// A connection to a port of 127.0.0.1, which the caller closes; nil where there is none.
    package static func connect(to port: Int) -> CInt? {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let connected = withUnsafeBytes(of: &address) { bytes in
            Glibc.connect(
                descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!,
                socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        if connected == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    deinit {
        close(descriptor)
    }
}
